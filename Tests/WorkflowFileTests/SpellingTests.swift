import JSON
import Testing
import Work
import WorkflowFile

@Suite("Spellings that YAML reads in more than one way")
struct SpellingTests {
  @Test(arguments: [
    (
      "ensemble: 010",
      "'ensemble' in task 't' is ambiguous: '010' with a 0 in front is octal to some programs; write 10"
    ),
    ("ensemble: 08", "'ensemble' in task 't' is ambiguous: '08' with a 0 in front is octal to some programs; write 8"),
    (
      "ensemble: [007]",
      "'ensemble' in task 't' is ambiguous: '007' with a 0 in front is octal to some programs; write 7"
    ),
    (
      "ensemble: +010",
      "'ensemble' in task 't' is ambiguous: '+010' with a 0 in front is octal to some programs; write +10"
    ),
    ("ensemble: 0x10", "'ensemble' in task 't' is ambiguous: '0x10' is hexadecimal to some programs; write 16"),
    ("ensemble: 0o17", "'ensemble' in task 't' is ambiguous: '0o17' is octal to some programs; write 15"),
    ("ensemble: 0b11", "'ensemble' in task 't' is ambiguous: '0b11' is binary to some programs; write 3"),
    (
      "ensemble: 1_000",
      "'ensemble' in task 't' is ambiguous: '1_000' with '_' is a number to some programs and a text to others; write 1000"
    ),
    (
      "ensemble: 1e3",
      "'ensemble' in task 't' is ambiguous: '1e3' with an exponent is no whole number to some programs; write 1000"
    ),
    ("ranks: 02", "'ranks' in task 't' is ambiguous: '02' with a 0 in front is octal to some programs; write 2"),
    ("retries: 00", "'retries' in task 't' is ambiguous: '00' with a 0 in front is octal to some programs; write 0"),
    (
      "resources: {cores_per_rank: 0x2}",
      "'cores_per_rank' in task 't' is ambiguous: '0x2' is hexadecimal to some programs; write 2"
    ),
    ("timeout: 010", "'timeout' in task 't' is ambiguous: '010' with a 0 in front is octal to some programs; write 10"),
    (
      "timeout: 090s",
      "'timeout' in task 't' is ambiguous: '090s' with a 0 in front is octal to some programs; write 90s"
    ),
    (
      "timeout: 1_000m",
      "'timeout' in task 't' is ambiguous: '1_000m' with '_' is a number to some programs and a text to others; write 1000m"
    ),
  ])
  func `are refused with what to write`(line: String, message: String) {
    #expect(problemsOfTask(line).map { String($0.drop { $0 != "'" }) } == [message])
  }

  @Test(arguments: ["timeout: 0.5", "timeout: 1e3", "timeout: 10m", "retries: 0", "ensemble: 10", "retries: +5"])
  func `what everyone reads alike is taken`(line: String) {
    #expect(problemsOfTask(line).isEmpty)
  }

  @Test(arguments: ["010", "-07", "0x1F", "0o7", "1_000"])
  func `a value for a function is no guess`(text: String) {
    let found = problems("tasks: [{name: t, function: {module: m, name: f, args: [\(text)]}}]")
    #expect(found.count == 1 && found[0].contains("is ambiguous: '\(text)'"), "\(found)")
    #expect(found.allSatisfy { $0.hasSuffix("or pass it as text, in quotes") })
    #expect(problems("tasks: [{name: t, function: {module: m, name: f, args: ['\(text)']}}]").isEmpty)
  }

  @Test func `a text keeps its spelling whatever it looks like`() throws {
    #expect(try task("argv: [x, 010, 0x10, 1_000, 1e3]").argv == ["x", "010", "0x10", "1_000", "1e3"])
    #expect(try task("argv: [x]", "environment: {A: 010}").environment == ["A": "010"])
  }

  @Test(arguments: [
    "argv: [echo, {member}]", "argv: [{member}]", "argv: [echo, { member }]", "argv: {member}", "command: {member}",
    "command: x\n    environment: {N: {member}}", "command: x\n    pre_exec: [{member}]",
    "command: x\n    stdin: {member}", "command: x\n    stdin: [{member}]", "command: x\n    stdin: {file: {member}}",
    "command: x\n    stdout: {member}", "command: x\n    inputs: [{member}]", "command: x\n    inputs: {member}",
    "command: x\n    outputs: [{source: a, target: {member}}]", "command: x\n    environment: {member}",
    "command: x\n    after: [{member}]", "command: x\n    timeout: {member}",
    "function: {module: m, name: f, args: [{member}]}", "function: {module: m, name: f, kwargs: {n: {member}}}",
    "function: {module: m, name: f, args: [[1, {member}]]}", "function: {module: m, name: f, args: {member}}",
    "function: {module: {member}, name: f}",
  ])
  func `a member without quotes is told to be quoted`(lines: String) {
    let found = problems("tasks:\n  - name: t\n    ensemble: 2\n    \(lines)\n")
    #expect(found.count == 1 && found[0].contains("{member} without quotes: write \"{member}\""), "\(found)")
  }

  @Test(arguments: [
    "argv: [echo, {member}.txt]", "argv: [echo, x{member}]", "argv: [echo, ${HOME}]", "command: {member}.sh x",
  ])
  func `braces that are no YAML are told to be quoted`(line: String) {
    let found = problems("tasks:\n  - name: t\n    ensemble: 2\n    \(line)\n")
    #expect(found.count == 1 && found[0].hasSuffix("; a text with { in it needs quotes"), "\(found)")
  }

  @Test func `a mapping that says member is a value as any other`() throws {
    let file = try read("tasks: [{name: t, function: {module: m, name: f, args: [{member: null}]}}]")
    #expect(file.items[0].description.function?.args == [["member": nil]])
  }

  @Test(arguments: ["argv: []", "argv: ['']", "argv: ['', x]"])
  func `a task without a program is refused in one way`(line: String) {
    let found = problems("tasks: [{name: t, \(line)}]")
    #expect(
      found.count == 1 && found[0].hasSuffix("'argv' in task 't' names no program: it begins with the program to run"))
  }

  @Test(arguments: ["''", "' '", "\"\\t\\n\""])
  func `a command that is blank is refused`(text: String) {
    #expect(problems("tasks: [{name: t, command: \(text)}]") == ["1:28: 'command' in task 't' is empty"])
  }
}
