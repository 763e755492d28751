import Glibc
import Platform
import Staging
import Synchronization
import TestSupport
import Testing
import Work

/// Files of two tasks that meet where that can't be known before, with both carriers and one table.
@Suite(.serialized) struct MeetingTests {
  private struct Task {
    var uid: String
    var label = ""
    var isOrdered = false
  }

  /// A session of tasks that bring what they made to one place.
  private final class Session {
    let place: TemporaryDirectory
    private let python: PythonCarrier?

    init(_ carrier: String) throws {
      place = try TemporaryDirectory()
      mkdir("\(place.path)/results", 0o755)
      python = carrier == "python" ? try PythonCarrier(dropsRights: false) : nil
    }

    func bring(
      _ source: String, _ target: String = "results/", of task: Task, _ action: StagingDirective.Action = .copy,
      direction: StagingDirective.Direction = .output
    ) throws -> [StagingMeeting] {
      let plan = StagingPlan(
        direction: direction, tag: "\(task.uid).x",
        steps: [
          .init(named: source, source: "\(place.path)/\(source)", target: "\(place.path)/\(target)", action: action)
        ])
      if let python { return try python.bring(plan, noting: place.path, task.uid, task.label, task.isOrdered) }
      let file = try Descriptor.open("\(place.path)/brought", in: AT_FDCWD, O_RDWR | O_CREAT)
      let job = StagingJob(plan)
      StagingJob.remove(
        try job.run(noting: BroughtFiles(file, task: task.uid, label: task.label, isOrdered: task.isOrdered)))
      return job.meetings.named
    }

    /// Makes files with their names in them.
    func make(_ names: String...) throws {
      for name in names {
        if let slash = name.lastIndex(of: "/") {
          _ = HeldDirectory.makeParents(of: "\(place.path)/\(name[..<slash])/x")
        }
        try place.write(name, to: name)
      }
    }
  }

  private let one = Task(uid: "task.000001", label: "one"), two = Task(uid: "task.000002", label: "two.7")

  private func meeting(_ session: Session, _ name: String) -> [StagingMeeting] {
    [
      StagingMeeting(
        path: "\(session.place.path)/\(name)", earlier: "one (task.000001)", later: "two.7 (task.000002)")
    ]
  }

  @Test(arguments: ["swift", "python"]) func `patterns, directories and single files`(_ carrier: String) throws {
    for action in [StagingDirective.Action.copy, .move, .link] {
      let session = try Session(carrier)
      try session.make("1/a.gro", "1/b.gro", "1/d/e/f", "2/a.gro", "2/c.gro", "2/d/e/f", "2/d/g", "2/b.gro")
      #expect(try session.bring("1/*.gro", of: one, action) == [])
      #expect(try session.bring("2/[ac].gro", of: two, action) == meeting(session, "results/a.gro"))
      #expect(try session.bring("2/b.gro", "results/b.gro", of: two, action) == meeting(session, "results/b.gro"))
      if action == .link { continue }
      #expect(try session.bring("1/d/", "results/d", of: one, action) == [])
      #expect(try session.bring("2/d/", "results/d", of: two, action) == meeting(session, "results/d/e/f"))
      #expect(session.place.text("results/d/e/f") == "2/d/e/f" && session.place.text("results/a.gro") == "2/a.gro")
    }
  }

  @Test(arguments: ["swift", "python"]) func `what is no meeting`(_ carrier: String) throws {
    let session = try Session(carrier)
    try session.make(
      "1/a", "1/b", "2/a", "2/b", "2/c", "results/a", "results/c", "results/d/x", "1/d/x", "1/d/y", "2/d/y")
    #expect(try session.bring("1/*", of: one) == [], "a former run made them")
    #expect(try session.bring("1/*", of: one) == [], "another attempt of the same task")
    #expect(try session.bring("2/c", of: two) == [])
    #expect(
      try session.bring("2/c", of: Task(uid: "task.000003", isOrdered: true)) == [], "one after the other, by intent")
    #expect(unlink("\(session.place.path)/results/a") == 0)
    #expect(try session.bring("2/a", of: two) == [], "it is not there any more")
    #expect(try session.bring("2/d/", "results/d", of: two) == meeting(session, "results/d/y"))
  }

  @Test func `both carriers write one table`() throws {
    let (swift, python) = (try Session("swift"), try Session("python"))
    try swift.make("1/a", "1/b\u{e9} c", "2/a", "2/b\u{e9} c")
    _ = try swift.bring("1/*", of: one)
    let table = try readFile("\(swift.place.path)/brought", owner: .anyone, limit: 1 << 25)
    #expect(table.count <= 1 << 24)
    _ = python
    let reader = try PythonCarrier(dropsRights: false)
    let plan = StagingPlan(
      direction: .output, tag: "task.000002.x",
      steps: [
        .init(named: "it", source: "\(swift.place.path)/2/*", target: "\(swift.place.path)/results/", action: .copy)
      ])
    let found = try reader.bring(plan, noting: swift.place.path, two.uid, two.label, false)
    #expect(found == meeting(swift, "results/a") + meeting(swift, "results/b\u{e9} c"))
  }

  @Test func `many tasks at once: whoever replaces knows whom`() throws {
    let session = try Session("swift")
    let count = 40
    for number in 0..<count { try session.make("\(number)/x", "\(number)/y") }
    let path = session.place.path
    let found = Tally()
    let threads = (0..<count).map { number in
      let done = AutoResetEvent()
      let plan = StagingPlan(
        direction: .output, tag: "task.\(number).x",
        steps: [.init(named: "it", source: "\(path)/\(number)/*", target: "\(path)/results/", action: .copy)])
      #expect(
        startThread {
          defer { done.set() }
          guard let file = try? Descriptor.open("\(path)/brought", in: AT_FDCWD, O_RDWR | O_CREAT) else { return }
          let job = StagingJob(plan)
          _ = try? job.run(noting: BroughtFiles(file, task: "task.\(number)", label: "", isOrdered: false))
          found.add(job.meetings.count)
        })
      return done
    }
    for done in threads { #expect(done.wait(atMost: .seconds(60))) }
    #expect(found.sum == 2 * (count - 1))
  }

  @Test func `many meetings are counted, the first are told, and the table does not grow`() throws {
    let session = try Session("swift")
    for number in 0..<400 { try session.make("1/\(number)") }
    _ = try session.bring("1/*", of: one, direction: .input)
    var status = stat()
    #expect(stat("\(session.place.path)/brought", &status) == 0 && status.st_size <= 1 << 24)
    for number in 0..<400 { try session.make("2/\(number)") }
    let file = try Descriptor.open("\(session.place.path)/brought", in: AT_FDCWD, O_RDWR)
    let job = StagingJob(
      StagingPlan(
        direction: .input, tag: "t",
        steps: [
          .init(
            named: "it", source: "\(session.place.path)/2/*", target: "\(session.place.path)/results/", action: .copy)
        ]))
    _ = try job.run(noting: BroughtFiles(file, task: two.uid, label: two.label, isOrdered: false))
    #expect(job.meetings.count == 400 && job.meetings.named.count == 20)
    var left = 5
    #expect(job.meetings.sentences(within: &left).count == 6 && left == 0)
    #expect(job.meetings.sentences(within: &left).isEmpty)
  }
}

private final class Tally: Sendable {
  private let number = Mutex(0)
  func add(_ count: Int) { number.withLock { $0 += count } }
  var sum: Int { number.withLock { $0 } }
}
