import JSON
import SessionModel
import TestSupport
import Testing
import Work

@testable import Wire

/// Tasks of a command: those that follow each other take no room on any way.
@Suite struct TaskIDsTests {
  private func json(_ tasks: TaskIDs) -> String {
    var writer = JSONWriter()
    TaskIDs.coding.write(tasks, &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func read(_ json: String) throws -> TaskIDs { try TaskIDs.coding.value(Array(json.utf8)) }

  @Test func `a few are written one by one, many as a range`() throws {
    #expect(json([TaskID(7), TaskID(3), TaskID(7)]) == #"["task.000003","task.000007"]"#)
    let many = TaskIDs(ranges: [5..<1_000_005, 2..<3])
    #expect(json(many) == #"["task.000002","task.000005..task.1000004"]"#)
    #expect(many.count == 1_000_001 && many.prefix(2).map(\.number) == [2, 5])
    for tasks: TaskIDs in [[], [TaskID(0)], many, TaskIDs(ranges: [0..<16, 16..<20, 4_000_000_000..<4_294_967_295])] {
      #expect(try read(json(tasks)) == tasks)
    }
  }

  @Test(arguments: [
    #"["task.000005..task.000004"]"#, #"["task.1..task.2..task.3"]"#, #"["task.1.."]"#, #"["..task.1"]"#, #"[".."]"#,
    #"["task.0..task.4294967295"]"#, #"["x"]"#, #"[""]"#,
  ]) func `what is no range is refused`(_ text: String) {
    #expect(throws: (any Error).self) { try read(text) }
  }

  @Test func `no id of a task is the last number`() {
    #expect(TaskID(uid: "task.4294967295") == nil && TaskID(uid: "task.4294967294")?.number == 4_294_967_294)
    #expect(TaskIDs([TaskID(UInt32.max), TaskID(1)]).count == 1)
  }

  @Test func `ranges of a stranger cost nothing`() throws {
    let all = try read(#"["task.000000..task.4294967294"]"#)
    #expect(all.below(3).map(\.number) == [0, 1, 2] && all.from(3).prefix(1).map(\.number) == [3])
    var snapshot = SessionSnapshot()
    let record = CommandRecord(id: 1, verb: .cancel, tasks: all, sender: "eve", stage: .requested)
    snapshot.apply([SessionEvent(source: .operator, .command(record))])
    #expect(snapshot.commands.count == 1)
  }
}
