import TestSupport
import Testing

@testable import Work

@Suite struct BatchTests {
  @Test func `an ensemble numbers its members`() {
    let batch = TaskBatch(first: TaskID(10), description: Samples.description, members: .ensemble(first: 3, count: 4))
    #expect(batch.count == 4)
    #expect(batch.ids == 10..<14)
    #expect(batch.member(of: TaskID(12)) == 5)
    #expect(batch.label(of: TaskID(12)) == "équilibrer.5")
    #expect(batch.description(of: TaskID(12)).argv[3] == "5.tpr")
    #expect(batch.commandLine(of: TaskID(12)) == "gmx mdrun -s 5.tpr \u{1b}\"\\")
  }

  @Test func `a single task is named as its description says`() {
    let batch = TaskBatch(
      first: TaskID(2), description: TaskDescription(name: "a", argv: ["echo", "{member}"]), members: .single)
    #expect(batch.count == 1)
    #expect(batch.member(of: TaskID(2)) == nil)
    #expect(batch.label(of: TaskID(2)) == "a")
    #expect(batch.description(of: TaskID(2)).argv == ["echo", "{member}"])
  }

  @Test func `commands are run by a shell`() {
    let batch = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "command", argv: []),
      members: .commands(first: 7, CommandList(["echo a b", "exit 3 # {member}"])))
    #expect(batch.label(of: TaskID(1)) == "command.8")
    #expect(batch.description(of: TaskID(1)).argv == ["/bin/sh", "-c", "exit 3 # {member}"])
    #expect(batch.commandLine(of: TaskID(0)) == "echo a b")
  }

  @Test func `a command list gives back what was put in`() {
    var list = CommandList(hostileTexts)
    #expect((0..<list.count).map { list[$0] } == hostileTexts)
    #expect(list.byteCount == hostileTexts.reduce(0) { $0 + $1.utf8.count })
    list.append([0x61, 0xff])
    #expect(list[list.count - 1] == "a\u{fffd}")
    #expect(CommandList([]).isEmpty)
  }

  @Test func `a member's number stands wherever a text may hold it`() {
    let filled = Samples.description.substituting(member: 42)
    #expect(filled.argv[3] == "42.tpr")
    #expect(filled.stdin == .file("in/42"))
    #expect(filled.inputs[0].target == "task:///42")
    #expect(filled.after == ["grompp", "prepare.3", "x.42"])
    #expect(filled.name == Samples.description.name)
    var text = TaskDescription(
      name: "a", argv: ["{member}{member}", "{{member}}", "{member", "{ member}"], stdin: .text("{member}\n"),
      environment: ["M": "m{member}"], stdout: "{member}.out", stderr: "{member}.err", preExec: ["cd {member}"])
    text.outputs = [StagingDirective(source: "{member}", target: "out/{member}", action: .move)]
    let two = text.substituting(member: 2)
    #expect(two.argv == ["22", "{2}", "{member", "{ member}"])
    #expect(two.stdin == .text("2\n"))
    #expect(two.environment == ["M": "m2"])
    #expect(two.stdout == "2.out")
    #expect(two.stderr == "2.err")
    #expect(two.preExec == ["cd 2"])
    #expect(two.outputs == [StagingDirective(source: "2", target: "out/2", action: .move)])
  }

  @Test func `a long text with many members is filled without a deep stack`() {
    let text = TaskDescription(name: "a", argv: [String(repeating: "{member},", count: 20_000)])
    #expect(text.substituting(member: 1).argv[0] == String(repeating: "1,", count: 20_000))
  }

  @Test func `task ids are written as RP writes them`() {
    #expect(TaskID(42).uid == "task.000042")
    #expect(TaskID(1_234_567).uid == "task.1234567")
    #expect(TaskID(uid: "task.000042") == TaskID(42))
    #expect(TaskID(uid: "task.4294967294") == TaskID(UInt32.max - 1))
    for wrong in [
      "task.", "task", "task.-1", "task.+1", "task. 1", "task.4294967295", "task.4294967296", "Task.000001", "task.1x",
      "",
    ] {
      #expect(TaskID(uid: wrong) == nil, "\(wrong)")
    }
  }
}
