import JSON
import SessionModel
import Testing
import Work
import WorkflowFile

@Suite("Functions")
struct FunctionTests {
  /// The problems of a task `t` with these lines, the first on line 3.
  private func problems(_ lines: String...) -> [String] {
    WorkflowFileTests.problems("tasks:\n  - name: t\n" + lines.map { "    \($0)\n" }.joined())
  }

  @Test func aFunctionIsRead() throws {
    let file = try read(
      """
      tasks:
        - name: walk
          ensemble: 3
          function:
            module: pkg.walks
            name: Walk.run
            args: ["{member}", 2.0, 1e3, 7, "7", yes, ~, text, [a, {b: 1}], 7, +5]
            kwargs: {seed: "{member}", path: "out/{member}", été: -1}
      """)
    let description = file.items[0].description
    let args: [JSONValue] = ["{member}", 2.0, 1000.0, 7, "7", true, nil, "text", ["a", ["b": 1]], 7, 5]
    #expect(
      description.function
        == FunctionCall(
          module: "pkg.walks", name: "Walk.run", args: args,
          kwargs: ["seed": "{member}", "path": "out/{member}", "été": -1]))
    #expect(description.raptor && description.argv.isEmpty && file.needsRaptor)
    #expect(plan(of: file).text.contains("raptor  pkg.walks.Walk.run({member}, 2.0, 100..."))
  }

  @Test(arguments: [
    ("{module: m}", "3:15: 'function' in task 't' has no 'name'"),
    ("{name: f}", "3:15: 'function' in task 't' has no 'module'"),
    ("m.f", "3:15: 'function' in task 't' must be a mapping (key: value), found 'm.f'"),
    ("[m, f]", "3:15: 'function' in task 't' must be a mapping (key: value), found a list"),
    (
      "{module: m, nam: f, name: f}",
      "3:27: unknown key 'nam' in 'function' in task 't' (did you mean 'name'?)"
    ),
    ("{module: m, name: f, arguments: [1]}", "3:36: unknown key 'arguments' in 'function' in task 't' (write 'args')"),
    (
      "{module: m.py, name: f.}",
      "3:36: 'name' of 'function' in task 't' must be a Python name such as a.b, found 'f.'"
    ),
    (
      "{module: lib/m.py, name: f}",
      "3:24: 'module' of 'function' in task 't' must be a Python name such as a.b, found 'lib/m.py': leave out '.py'"
    ),
    ("{module: m, name: 2f}", "3:33: 'name' of 'function' in task 't' must be a Python name such as a.b, found '2f'"),
    ("{module: m, name: [f]}", "3:33: 'name' of 'function' in task 't' must be text, found a list"),
    ("{module: m, name: f, args: 1}", "3:42: 'args' of 'function' in task 't' must be a list, found '1'"),
    (
      "{module: m, name: f, kwargs: [1]}",
      "3:44: 'kwargs' of 'function' in task 't' must be a mapping (key: value), found a list"
    ),
    (
      "{module: m, name: f, kwargs: {a-b: 1}}",
      "3:45: 'a-b' of 'kwargs' of 'function' in task 't' is no name of a Python argument"
    ),
    (
      "{module: m, name: f, args: [{[1]: 2}]}",
      "3:44: a key of an entry of 'args' of 'function' in task 't' must be text, found a list"
    ),
    (
      "{module: m, name: f, args: [12345678901234567890]}",
      "3:43: the number '12345678901234567890' in 'args' of 'function' in task 't' is too large: pass it as text, in quotes"
    ),
    (
      "{module: m, name: f, args: [-.inf]}",
      "3:43: the number '-.inf' in 'args' of 'function' in task 't' has no place in JSON: pass it as text, in quotes"
    ),
    (
      "{module: m, name: f, args: ['{member}']}",
      "3:43: 'function' in task 't' has {member}, but the task is no ensemble (ensemble: N)"
    ),
  ])
  func wrongShapes(function: String, message: String) {
    #expect(problems("function: \(function)") == [message])
  }

  @Test(arguments: [
    ("argv: [a]", "3:5: task 't' has both 'argv' and 'function'; give one of them"),
    ("command: a", "3:5: task 't' has both 'command' and 'function'; give one of them"),
    (
      "raptor: false",
      "4:13: task 't' is a function and cannot have 'raptor: false': a function runs in a worker of the raptor"
    ),
    (
      "stdin: text",
      "4:12: task 't' is a function and cannot have 'stdin': what it works on goes under 'args' or 'kwargs'"
    ),
    (
      "pre_exec: 'true'",
      "4:15: task 't' is a function and cannot have 'pre_exec': that is run by a shell, a function by the interpreter of a worker"
    ),
    ("ranks: 2", "4:12: task 't' is a function and cannot have 'ranks: 2': it runs in one process"),
    ("resources: {ranks: 3}", "4:24: task 't' is a function and cannot have 'ranks: 3': it runs in one process"),
    ("launcher: mpirun", "4:15: task 't' is a function and cannot have 'launcher': no program is started for it"),
    ("raptor: maybe", "4:13: 'raptor' in task 't' must be true or false, found 'maybe'"),
  ])
  func whatOnlyAProgramHas(line: String, message: String) {
    #expect(problems("function: {module: m, name: f}", line) == [message])
  }

  @Test func aWorkflowWithoutARaptorHasNoFunctions() {
    let text = "raptor: false\ntasks: [{name: t, function: {module: m, name: f}}]"
    #expect(
      WorkflowFileTests.problems(text)
        == ["2:29: task 't' goes through the raptor, but the workflow says 'raptor: false'"])
  }

  @Test func valuesWithoutEndAreRefused() {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(problems("function: {module: m, name: f, args: \(deep)}").first?.contains("nested deeper than") ?? false)
    // Each list holds the one before ten times: ten to the ninth values.
    let bombs = (1...9).map { level in
      "x-\(level): &a\(level) [\((0..<10).map { _ in level == 1 ? "1" : "*a\(level - 1)" }.joined(separator: ", "))]\n"
    }
    let text = bombs.joined() + "tasks: [{name: t, function: {module: m, name: f, args: *a9}}]"
    let found = WorkflowFileTests.problems(text)
    #expect(found.count == 1 && found[0].contains("hold more than 100000 values"))
  }
}
