import SessionModel
import Testing
import Work
import WorkflowFile

/// What reading `text` as `w.yaml` complains about, without the path.
func problems(_ text: String) -> [String] {
  do {
    _ = try WorkflowFile(text: text, path: "w.yaml", engines: ["local", "radical"])
    return []
  } catch {
    return error.problems.map { String($0.description.dropFirst("w.yaml:".count)) }
  }
}

func read(_ text: String) throws -> WorkflowFile { try WorkflowFile(text: text, path: "w.yaml") }

/// The only task of a workflow whose task `t` has these further lines.
func task(_ lines: String...) throws -> TaskDescription {
  let file = try read("tasks:\n  - name: t\n" + lines.map { "    \($0)\n" }.joined())
  return try #require(file.items.first).description
}

/// The problems of a workflow whose task `t` runs `true` and has these further lines, the first on line 4.
func problemsOfTask(_ lines: String...) -> [String] {
  problems("tasks:\n  - name: t\n    argv: ['true']\n" + lines.map { "    \($0)\n" }.joined())
}
