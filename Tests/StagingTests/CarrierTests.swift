import Glibc
import Platform
import Staging
import TestSupport
import Testing
import Work

/// Random trees, and whatever can go wrong on the way: nothing but the targets has changed then, byte for byte.
@Suite(.serialized) struct CarrierTests {
  /// Everything below a directory: kinds, contents, links.
  private func look(_ root: String) -> Tree { StagingPlace(root: root, other: nil).look().tree }

  /// A tree of a few files, directories and links, some of them larger than a page.
  private func grow(_ root: String, _ numbers: inout SeededNumbers, depth: Int = 0) throws {
    for number in 0..<Int.random(in: 1...4, using: &numbers) {
      let path = "\(root)/\(["a", "b", "sub", "c d", "-n", "é*"].randomElement(using: &numbers) ?? "x")\(number)"
      switch Int.random(in: 0..<6, using: &numbers) {
      case 0 where depth < 3, 1 where depth < 3:
        mkdir(path, 0o755)
        try grow(path, &numbers, depth: depth + 1)
      case 2: symlink("a\(number)", path)
      default:
        let text = String(repeating: "\(numbers.next())", count: Int.random(in: 0...900, using: &numbers))
        try writeFile(path, Array(text.utf8), mode: 0o644)
      }
    }
  }

  @Test(arguments: 0..<60) func `canceled at any moment`(_ seed: Int) throws {
    var numbers = SeededNumbers(UInt64(seed))
    let directory = try TemporaryDirectory()
    for name in ["from", "to"] {
      mkdir("\(directory.path)/\(name)", 0o755)
      try grow("\(directory.path)/\(name)", &numbers)
    }
    let before = look(directory.path)
    let action = StagingDirective.Action.allCases[seed % 3]
    let plan = StagingPlan(
      direction: seed % 2 == 0 ? .output : .input, tag: "task.000001.z",
      steps: directoryEntries(directory.path + "/from").sorted().map {
        StagingPlan.Step(
          named: $0, source: "\(directory.path)/from/\($0)", target: "\(directory.path)/to/", action: action)
      })
    for looks in 0..<200 {
      let job = StagingJob(plan)
      job.cancel(afterChecks: looks)
      do throws(StagingError) {
        _ = try job.run()
        return
      } catch {
        #expect(error == .canceled || error.description.hasPrefix("the "))
        #expect(look(directory.path) == before, "canceled at look \(looks): \(error)")
        // A refusal of this tree is the same at every look.
        if error != .canceled { return }
      }
    }
    Issue.record("it did not come to an end")
  }

  @Test func `a full disk leaves what was there`() throws {
    guard geteuid() == 0 else { return }
    let directory = try TemporaryDirectory()
    let small = directory.path + "/small"
    mkdir(small, 0o755)
    guard mount("tmpfs", small, "tmpfs", 0, "size=256k") == 0 else { return }
    defer { umount(small) }
    mkdir(directory.path + "/d", 0o755)
    mkdir(small + "/d", 0o755)
    for number in 0..<20 {
      try writeFile("\(directory.path)/d/\(number)", [UInt8](repeating: 1, count: 20_000))
      if number % 3 == 0 { try writeFile("\(small)/d/\(number)", [2]) }
    }
    let before = look(directory.path)
    for action in [StagingDirective.Action.copy, .move] {
      for (source, target) in [("d", "d"), ("d", "new/d"), ("d/*", "d/"), ("d/*", "p/q/")] {
        let step = StagingPlan.Step(
          named: source, source: "\(directory.path)/\(source)", target: "\(small)/\(target)", action: action)
        #expect(throws: StagingError.self) {
          _ = try StagingJob(StagingPlan(direction: .output, tag: "task.000000.y", steps: [step])).run()
        }
        #expect(look(directory.path) == before, "\(action) \(source) to \(target)")
      }
    }
  }

  @Test func `what a killed attempt left is removed by the next`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("new", to: "a")
    mkdir(directory.path + "/.b.stage.task.000000.y", 0o700)
    try directory.write("half", to: ".b.stage.task.000000.y/half")
    let step = StagingPlan.Step(
      named: "a", source: "\(directory.path)/a", target: "\(directory.path)/b", action: .copy)
    _ = try StagingJob(StagingPlan(direction: .output, tag: "task.000000.y", steps: [step])).run()
    #expect(directoryEntries(directory.path).sorted() == ["a", "b"] && directory.text("b") == "new")
  }

  @Test func `names of any bytes and of any length`() throws {
    let directory = try TemporaryDirectory()
    mkdir(directory.path + "/d", 0o755)
    let names: [[UInt8]] = [
      Array("caf".utf8) + [0xe9], [0xff, 0xfe], Array(repeating: UInt8(ascii: "n"), count: 255),
      Array(String(repeating: "é", count: 127).utf8),
    ]
    for name in names {
      let path = (Array("\(directory.path)/d/".utf8) + name + [0]).map(CChar.init(bitPattern:))
      let file = open(path, O_WRONLY | O_CREAT, 0o600)
      write(file, path, 3)
      close(file)
    }
    let step = StagingPlan.Step(
      named: "d", source: "\(directory.path)/d", target: "\(directory.path)/e", action: .copy)
    let plan = StagingPlan(direction: .output, tag: "task.000000.y", steps: [step])
    _ = try StagingJob(plan).run()
    // Once more: now each replaces the one before.
    _ = try StagingJob(plan).run()
    for name in names {
      let path = (Array("\(directory.path)/e/".utf8) + name + [0]).map(CChar.init(bitPattern:))
      #expect(access(path, F_OK) == 0)
    }
    // Nothing else is there, whatever its name.
    for name in names {
      let path = (Array("\(directory.path)/e/".utf8) + name + [0]).map(CChar.init(bitPattern:))
      #expect(unlink(path) == 0)
    }
    #expect(rmdir(directory.path + "/e") == 0)
  }

  @Test func `a source that another brings is there when its turn comes`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "a")
    func step(_ source: String, _ target: String) -> StagingPlan.Step {
      StagingPlan.Step(
        named: source, source: "\(directory.path)/\(source)", target: "\(directory.path)/\(target)", action: .copy)
    }
    _ = try StagingJob(
      StagingPlan(direction: .output, tag: "t", steps: [step("a", "b/c"), step("b/c", "d"), step("b", "e")])
    ).run()
    #expect(directory.text("d") == "x" && directory.text("e/c") == "x")
  }

  /// What a pattern will stand for, and where `..` leads to behind a link, is known when its turn has come.
  @Test(arguments: [false, true]) func `so is what a pattern or a '..' behind a link names`(_ isPython: Bool) throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "a")
    for name in ["r", "r/sub"] { mkdir("\(directory.path)/\(name)", 0o777) }
    symlink("r/sub", directory.path + "/l")
    for name in ["", "r", "r/sub"] { chown("\(directory.path)/\(name)", StagingPlace.nobody, StagingPlace.nobody) }
    chmod(directory.path + "/a", 0o644)
    let steps = [("a", "b/c"), ("b/*", "d/"), ("a", "l/../x"), ("r/x", "y"), ("d", "e")].map { source, target in
      StagingPlan.Step(
        named: source, source: "\(directory.path)/\(source)", target: "\(directory.path)/\(target)", action: .copy)
    }
    let carrier: any Carrier = isPython ? try PythonCarrier() : SwiftCarrier()
    let problem = try carrier.bring(StagingPlan(direction: .input, tag: "t", steps: steps), task: directory.path)
    #expect(problem == nil)
    for name in ["b/c", "d/c", "r/x", "y", "e/c"] { #expect(directory.text(name) == "x", "\(name)") }
  }
}
