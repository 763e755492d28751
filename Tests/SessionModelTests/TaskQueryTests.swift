import TestSupport
import Testing
import Work

@testable import SessionModel

@Suite struct TaskQueryTests {
  private func table() -> TaskTable {
    var table = TaskTable()
    let time = Timestamp(seconds: 1000)
    func add(_ name: String, _ argv: [String], count: Int? = nil, after: [String] = []) {
      table.add(
        TaskBatch(
          first: TaskID(table.count), description: TaskDescription(name: name, argv: argv, after: after),
          members: count.map { .ensemble(first: 0, count: $0) } ?? .single), at: time)
    }
    add("prepare", ["gmx", "grompp", "-f", "in put/md.mdp"])
    add("sim", ["gmx", "mdrun", "-deffnm", "r{member}"], count: 12, after: ["prepare"])
    add("test-höhe", ["python3", "host:port", "/home/ada/x"], after: ["sim"])
    for id in 0..<8 { table.move(TaskID(id), to: .agentExecuting, at: time, result: nil) }
    table.move(TaskID(0), to: .done, at: time, result: TaskResult(exitCode: 0))
    table.move(TaskID(1), to: .failed, at: time, result: TaskResult(exitCode: 137, reason: "exit 137: Out of memory"))
    table.move(TaskID(2), to: .failed, at: time, result: TaskResult(signal: 11, reason: "SIGSEGV"))
    table.move(TaskID(3), to: .canceled, at: time, result: TaskResult(signal: 15, reason: "canceled by ada"))
    return table
  }

  private func found(_ text: String) -> Set<Int> {
    guard let query = TaskQuery(text) else { return [] }
    let table = table()
    var search = TaskSearch(query)
    var steps = 0
    while !search.isComplete(for: table) || steps == 0, steps < 100 {
      search.scan(table, limit: 3)
      steps += 1
    }
    return Set(search.sets(table).flatMap(\.ids).map(\.index))
  }

  @Test(
    arguments: [
      ("failed", [1, 2]), ("failed canceled", [1, 2, 3]), ("state:failed,canceled", [1, 2, 3]), ("state:fai", [1, 2]),
      ("state:AGENT_EXECUTING", [4, 5, 6, 7]), ("!failed !running !waiting", [0, 3]), ("name:prep", [0]),
      ("name:sim exit:137", [1]), ("exit:segv", [2]), ("exit:SIGSEGV,TERM", [2, 3]), ("exit:0", [0]),
      ("!exit:0", [1, 2, 3]), ("after:prepare", Array(1...12)), ("after:sim", [13]), ("!after:prepare", [0, 13]),
      ("reason:memory", [1]), ("reason:/by a.a$/", [3]), ("sim.1", [2, 11, 12]), ("uid:000013", [13]),
      ("command:GROMPP", [0]), ("cmd:r11", [12]), ("!sim", [0, 13]), ("!command:gmx", [13]), ("/sim\\.1$/", [2]),
      ("name:/^sim\\.(1|2)$/", [2, 3]), ("/r[5-7]/", [6, 7, 8]), ("host:port", [13]), ("/home/ada/x", [13]),
      ("\"in put\"", [0]), ("höhe", [13]), ("name:/h.he/", [13]), ("nothing like it", []), ("exit:", Array(0...13)),
      ("!", []), ("::", []), ("/", [0, 13]),
    ] as [(String, [Int])])
  func `words find the tasks that they mean`(_ text: String, _ expected: [Int]) {
    #expect(found(text) == Set(expected), "\(text)")
  }

  @Test func `what is not understood is said`() {
    #expect(TaskQuery("stat:failed")?.hints == ["stat: is no field (state: is), it is looked for as text"])
    #expect(TaskQuery("nmae:x")?.hints == ["nmae: is no field (name: is), it is looked for as text"])
    #expect(TaskQuery("state:gone")?.hints.first?.hasPrefix("gone is no state") == true)
    #expect(TaskQuery("exit:foo")?.hints == ["FOO is no exit code and no signal"])
    #expect(TaskQuery("/a(b/")?.hints == ["/a(b/ has a ( without its )"])
    #expect(TaskQuery("state:failed name:x !y /z/")?.hints == [])
    #expect(TaskQuery("  ") == nil)
  }

  @Test func `a task that ends while the filter is there is found, and one that is taken up again is not`() {
    var table = table()
    guard let query = TaskQuery("exit:9") else { return }
    var search = TaskSearch(query)
    search.scan(table, limit: 1000)
    #expect(search.sets(table).allSatisfy { $0.isEmpty })
    table.move(TaskID(5), to: .failed, at: Timestamp(seconds: 1001), result: TaskResult(exitCode: 9))
    search.scan(table, limit: 1000)
    #expect(search.sets(table).flatMap(\.ids) == [TaskID(5)])
    table.move(TaskID(5), to: .new, at: Timestamp(seconds: 1002), result: nil)
    search.scan(table, limit: 1000)
    #expect(search.sets(table).allSatisfy { $0.isEmpty })
    table.move(TaskID(5), to: .agentExecuting, at: Timestamp(seconds: 1003), result: nil)
    table.move(TaskID(5), to: .failed, at: Timestamp(seconds: 1003), result: TaskResult(exitCode: 8))
    search.scan(table, limit: 1000)
    #expect(search.sets(table).allSatisfy { $0.isEmpty })
  }

  @Test func `any text is a query or none, and none takes long`() {
    var numbers = SeededNumbers(9)
    let pieces = [
      "/", "(", ")", "*", "+", "?", "|", "[", "]", "^", "$", "\\", ".", "a", "!", ":", "state", " ", "\"", "é", "-",
    ]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 1...30, using: &numbers)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &numbers)]
      }.joined()
      _ = found(text)
      _ = found("/\(text)/")
    }
  }
}

@Suite struct SafePatternTests {
  private func matches(_ pattern: String, _ text: String) throws -> Bool {
    var scratch = SafePattern.Scratch()
    let bytes = Array(text.lowercased().utf8)
    return try SafePattern(pattern).occurs(in: bytes, 0..<bytes.count, &scratch)
  }

  @Test(
    arguments: [
      ("abc", "xabcx", true), ("a.c", "abc", true), ("a.c", "a\nc", false), ("^b", "ab\nb", true), ("^b", "ab", false),
      ("a$", "ba", true), ("a*b", "b", true), ("a+b", "b", false), ("a+b", "aab", true), ("colou?r", "COLOR", true),
      ("(ab|cd)+e", "abcde", true), ("(ab|cd)+e", "ae", false), ("[^a-c]x", "ax dx", true), ("[a-c]x", "dx", false),
      ("\\d+\\.\\d+", "v1.25", true), ("\\.", "a", false), ("\\w\\s\\w", "a b", true), ("", "x", true),
      ("()", "", true),
      ("x(a|)y", "xy", true), ("[]]", "]", true), ("[a\\]]", "]", true), ("ö+", "ööö", true), ("h.he", "höhe", true),
      ("^$", "a\n\nb", true), ("(a*)*b", "aaab", true),
    ] as [(String, String, Bool)])
  func `an expression means what people expect`(_ pattern: String, _ text: String, _ expected: Bool) throws {
    #expect(try matches(pattern, text) == expected, "\(pattern) in \(text)")
  }

  @Test(arguments: ["(", ")", "*a", "[", "[z-a]", "a\\", "a|*", String(repeating: "(", count: 200), "[é]"])
  func `what is none is refused with the reason`(_ pattern: String) {
    #expect(throws: SafePattern.Problem.self) { _ = try SafePattern(pattern) }
  }

  @Test func `those that take other engines for ever take as many steps as text and pattern are long`() throws {
    let text = String(repeating: "a", count: 20_000)
    #expect(try matches("(a*)*b", text) == false)
    #expect(try matches("(a|aa)+$b", text) == false)
    #expect(try matches("(((a+)+)+)+b", text) == false)
    #expect(try matches(String(repeating: "a?", count: 90) + String(repeating: "a", count: 90) + "b", text) == false)
  }
}
