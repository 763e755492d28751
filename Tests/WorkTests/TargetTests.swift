import TestSupport
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
      ("a{member}", 1_000_000, "a1{member}5", 1_000_000), ("a{member}/b", 1_000_000, "a99999{member}/b", 1_000_000),
      ("x{member}5", 5000, "x4{member}", 1_000_000),
      ("{member}/o.{member}", 1_000_000, "7000{member}/o.7000{member}", 9_000),
      ("{member}{member}", 1_000_000, "9{member}9", 1_000_000), ("{member}/{member}", 5000, "4321/{member}", 5000),
      ("r/{member}8/b{member}", 90_000, "r/8{member}/b{member}", 90_000),
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
      ("r/{member}1/b{member}", 90_000, "r/8{member}/b{member}", 90_000),
      ("a{member}", 1_000_000, "a0{member}", 1_000_000),
      ("a{member}", 15, "a1{member}5", 1_000_000), ("{member}/o.{member}", 1_000_000, "7{member}/o.{member}1", 9_000),
      ("r/x", nil, "r/y", nil), ("out.{member}", 4, "out.4", nil), ("out.{member}", 50, "out.04", nil),
      ("out.{member}", 4, "out.", nil), ("{member}/{member}", 50, "40/41", nil), ("session:///x", nil, "x", nil),
    ] as [(String, Int?, String, Int?)])
  func `two tasks apart`(_ one: String, _ count: Int?, _ other: String, _ otherCount: Int?) {
    #expect(
      sentences([task("a", count, outputs: [("x", one)]), task("b", otherCount, outputs: [("x", other)])]) == [])
  }

  @Test func `members of one ensemble`() {
    #expect(
      sentences([task("e", 1_000_000, outputs: [("a", "out.{member}"), ("b", "out.1{member}")])]) == [
        "members 0 and 10 of task 'e' have the same target 'out.10': one would replace what the other wrote"
      ])
    #expect(
      sentences([task("e", 2, outputs: [("a", "{member}1"), ("b", "1{member}")])]) == [
        "two files of member 1 of task 'e' have the same target '11'"
      ])
    #expect(sentences([task("e", 10, outputs: [("a", "out.{member}"), ("b", "out.1{member}")])]) == [])
    #expect(sentences([task("e", 1_000_000, outputs: [("a", "{member}/a"), ("b", "{member}/b")])]) == [])
  }

  @Test(arguments: 0..<20) func `names are compared as if all members were written down`(seed: UInt64) {
    var numbers = SeededNumbers(seed)
    func name() -> String {
      let parts = ["{member}", "{member}", "1", "0", "9", "10", "a", "/"]
      return (0..<Int.random(in: 1...5, using: &numbers)).map { _ in
        parts.randomElement(using: &numbers) ?? "a"
      }.joined()
    }
    func all(_ name: String, _ count: Int) -> [String] {
      (0..<(name.contains("{member}") ? count : 1)).map { name.replacing("{member}", with: String($0)) }
    }
    for _ in 0..<400 {
      let (one, other) = (name(), name())
      let (count, otherCount) = (Int.random(in: 1...130, using: &numbers), Int.random(in: 1...130, using: &numbers))
      let found = MemberName(one).meets(MemberName(other), count, otherCount)
      let isTrue = !Set(all(one, count)).isDisjoint(with: all(other, otherCount))
      #expect((found != nil) == isTrue, "\(one) \(count) \(other) \(otherCount): \(String(describing: found))")
      if let found {
        #expect(
          one.replacing("{member}", with: String(found.one)) == other.replacing("{member}", with: String(found.other)))
      }
    }
  }

  @Test func `many ensembles take no longer than their names`() {
    let items = (0..<3000).map { task("e\($0)", 30_000, outputs: [("x", "run\($0)/out{member}/x{member}")]) }
    #expect(sentences(items) == [])
  }
}
