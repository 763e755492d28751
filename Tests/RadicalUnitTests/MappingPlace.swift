import Executor
import Glibc
import Platform
import SessionModel
import TestSupport
import Words
import Work

@testable import RadicalEngine

/// The directories of a session in a temporary one, their names not nice to shells, and tasks that run there.
struct MappingPlace {
  let root: TemporaryDirectory
  var mapping: TaskMapping
  /// RP's directory of the pilot; RP itself takes no space in it.
  var pilot: String { root.path + "/pilot" }

  init() throws {
    root = try TemporaryDirectory()
    let client = root.path + "/cli ent's $(dir)"
    let session = root.path + "/ses\"sion"
    for directory in [client, session, session + "/radical", session + "/tasks", root.path + "/pilot"] {
      guard mkdir(directory, 0o700) == 0 else { throw TestError("\(directory): \(errorText())") }
    }
    for directory in [root.path + "/ve nv", root.path + "/ve nv/bin"] { mkdir(directory, 0o700) }
    mapping = TaskMapping(
      session: "session.1", venv: root.path + "/ve nv", clientDirectory: client, sessionDirectory: session,
      killGrace: 5)
    try CheckedProgram.write(to: HeldDirectory(session + "/radical"))
    try writeFile("\(session)/radical/\(UserEnvironment.fileName)", UserEnvironment.contents)
    guard let python = programPath("python3", in: getenv("PATH").map { String(cString: $0) } ?? ""),
      symlink(python, root.path + "/ve nv/bin/python3") == 0, symlink(python, root.path + "/ve nv/bin/python") == 0
    else {
      throw TestError("there is no python3")
    }
  }

  /// What a task of a description came to.
  struct End {
    var status: Int32
    var scriptErrors: String
    /// The task's.
    var directory: String
    /// RP's.
    var beside: String
    /// Why it failed, as the engine says it.
    var reason: String? {
      if let problem = contents("\(beside)/\(TaskMapping.problemFile)"), !problem.isEmpty { return problem }
      let lines = (contents("\(beside)/end.0") ?? "").split(separator: "\n").map {
        $0.split(separator: " ", maxSplits: 1)
      }
      let known = Dictionary(lines.map { ($0[0], $0.count > 1 ? String($0[1]) : "") }, uniquingKeysWith: { $1 })
      if let reason = known["reason"] { return reason }
      return ProgramEnd.reason(
        exitCode: known["exit_code"].flatMap { Int32($0) }, signal: known["signal"].flatMap { Int32($0) },
        entry: known["entry"], lastLine: PrintedText.lastLine(of: text("stderr") ?? ""))
    }
    func text(_ name: String) -> String? { contents("\(directory)/\(name)") }
    func exists(_ name: String) -> Bool { access("\(directory)/\(name)", F_OK) == 0 }
  }

  func run(
    _ description: TaskDescription, number: Int = 0, attempt: Int = 1, submission: Int = 1, shell: String = "/bin/sh"
  ) async throws -> End {
    try await run(
      EngineTask(description, number: number, attempt: attempt), submission: submission, shell: shell)
  }

  func run(_ task: EngineTask, submission: Int = 1, shell: String = "/bin/sh") async throws -> End {
    if let refusal = mapping.refusal(of: task) { throw TestError(refusal) }
    let described = mapping.map(task, submission: submission)
    let sandbox = "\(pilot)/\(described.uid)"
    mkdir(sandbox, 0o700)
    let outcome = try await RPScripts(shell: shell, sandbox: sandbox).run(described)
    return End(
      status: outcome.status, scriptErrors: outcome.stderr,
      directory: realPath("\(mapping.sessionDirectory)/tasks/\(task.id.uid)"), beside: sandbox)
  }

  /// Writes a file of the workflow.
  func write(_ text: String, to name: String) throws {
    try writeFile("\(mapping.clientDirectory)/\(name)", Array(text.utf8))
  }

  /// The text of a file of the workflow.
  func text(_ name: String) -> String? { contents("\(mapping.clientDirectory)/\(name)") }
  func exists(_ name: String) -> Bool { access("\(mapping.clientDirectory)/\(name)", F_OK) == 0 }
}
