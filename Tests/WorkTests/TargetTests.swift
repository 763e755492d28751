import Testing

@testable import Work

private func task(
  _ name: String, _ members: Int? = nil, after: [String] = [], inputs: [(String, String)] = [],
  outputs: [(String, String)] = []
) -> WorkItem {
  WorkItem(
    TaskDescription(
      name: name, argv: ["x"], inputs: inputs.map { StagingDirective(source: $0.0, target: $0.1) },
      outputs: outputs.map { StagingDirective(source: $0.0, target: $0.1) }, after: after),
    shape: members.map { [$0] } ?? [])
}

private func sentences(_ items: [WorkItem]) -> [String] { TaskRules.violations(in: items).map(\.sentence) }

/// Where files may go, as far as that can be known before a task runs.
@Suite struct TargetTests {
  @Test(arguments: [
    "client:///", "session:///", "task:///", "pilot:///", "/", "//", ".", "./", "..", "../", "../..", "client:///..",
    "client:///a/..", "session:///.", "session:///a/../..", "task:///../x", "../x", "a/../../x", "client:///a/../../b",
    "~", "~/", "$HOME", "${HOME}/", "~/..", "~/../x", "/a/..", "/..", "session:///journal.jsonl", "session:///tasks/",
    "session:///tasks/task.000001/x", "session:///x/../checkpoint", "session:///inbox/x", "~ann/x", "~x",
  ]) func `no target is a directory that others use, or outside of it`(_ target: String) {
    #expect(sentences([task("t", outputs: [("o", target)])]).count == 1, "\(target)")
    #expect(sentences([task("t", inputs: [("o", target)])]).count == 1, "\(target)")
  }

  @Test(arguments: [
    "results/", "results", "a/../b", "./x", "session:///x", "session:///x/", "/scratch/x", "/a/../b", "~/x", "$HOME/x/",
    "client:///x", "a~b", "$HOMES", "./~x", "session:///a/tasks",
  ]) func `a name in a directory is a target`(_ target: String) {
    #expect(sentences([task("t", outputs: [("o", target)])]) == [])
  }

  @Test func `two of one task`() {
    let all = TaskRules.violations(in: [task("t", inputs: [("x/f", "f"), ("y/f", "f")])])
    #expect(all.count == 1 && all[0].path == [.key("inputs"), .index(1), .key("target")])
    #expect(all[0].sentence.hasPrefix("'x/f' and 'y/f' of 'inputs' in task 't' have the same target 'f'"))
    #expect(sentences([task("t", inputs: [("x/f", "d/"), ("y/f", "./d/f")])]).count == 1)
    #expect(sentences([task("t", outputs: [("a", "r"), ("b", "client:///x/../r")])]).count == 1)
    // Directories join, and what a pattern stands for is not known.
    #expect(sentences([task("t", outputs: [("a/", "r"), ("b/", "r"), ("*.x", "r/"), ("*.y", "r/")])]) == [])
    #expect(sentences([task("t", outputs: [("*.x", "*.x"), ("*.y", "*.y"), ("a", "a")])]) == [])
  }

  @Test func `an input is no file that is written there`() {
    var item = task("t", inputs: [("a", "stdin"), ("b", "task.sh")])
    #expect(sentences([item]) == [])
    item.description.stdin = .text("x")
    item.description.preExec = ["true"]
    #expect(sentences([item]).count == 2)
  }

  @Test func `members`() {
    #expect(
      sentences([task("e", 200, outputs: [("out", "results/out")])]) == [
        "each of the 200 members of task 'e' would write 'results/out': put {member} into the target"
      ])
    #expect(sentences([task("e", 200, outputs: [("out.{member}", "results/")])]) == [])
    #expect(sentences([task("e", 200, outputs: [("out", "{member}/../x")])]).count == 1)
    #expect(sentences([task("e", 1, outputs: [("out", "x")]), task("f", 9, outputs: [("d/", "x/")])]) == [])
    // Its own directory is each task's own.
    #expect(sentences([task("e", 200, inputs: [("a", "a")])]) == [])
    #expect(sentences([task("e", 100_000_000, outputs: [("o", "{member}/{member}.out")])]) == [])
  }

  @Test(
    arguments: [
      ("r/x", nil, "r/x", nil), ("r/x", nil, "r/", nil), ("out.{member}", 5, "out.{member}", 3),
      ("out.{member}", 5, "out.4", nil), ("out.4", nil, "out.{member}", 5), ("a{member}", 100, "a1{member}", 3),
      ("{member}/{member}", 50_000, "40000/40000", nil), ("out.{member}", 1_000_000, "out.999999", nil),
      ("{member}5", 10, "15", nil), ("client:///a/./b", nil, "a/b", nil), ("~/a", nil, "$HOME/a", nil),
    ] as [(String, Int?, String, Int?)])
  func `two tasks`(_ one: String, _ count: Int?, _ other: String, _ otherCount: Int?) {
    let first = task("a", count, outputs: [("x", one)])
    let second = task("b", otherCount, outputs: [("x", other)])
    for items in [[first, second], [second, first]] {
      let all = sentences(items)
      #expect(all.count == 1 && all[0].contains("'a'") && all[0].contains("'b'"), "\(all)")
    }
    // One after the other, also by way of a third.
    var later = second
    later.description.after = ["c"]
    #expect(sentences([first, task("c", after: ["a"]), later]) == [])
  }

  @Test(
    arguments: [
      ("r/x", nil, "r/y", nil), ("out.{member}", 4, "out.4", nil), ("out.{member}", 50, "out.04", nil),
      ("out.{member}", 4, "out.", nil), ("{member}/{member}", 50, "40/41", nil), ("session:///x", nil, "x", nil),
    ] as [(String, Int?, String, Int?)])
  func `two tasks apart`(_ one: String, _ count: Int?, _ other: String, _ otherCount: Int?) {
    #expect(
      sentences([task("a", count, outputs: [("x", one)]), task("b", otherCount, outputs: [("x", other)])]) == [])
  }
}
