import Glibc
import SessionModel
import Synchronization
import SystemPackage
import Testing
import Work

@testable import SessionLink

private func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: 1_785_571_200 + seconds) }

/// A clock that a test moves.
private final class TestClock: Sendable {
  private let seconds = Mutex(0.0)
  var now: @Sendable () -> Double { { [self] in seconds.withLock { $0 } } }
  func pass(_ more: Double) { seconds.withLock { $0 += more } }
}

/// What a screen would know.
private struct Viewer {
  var snapshot = SessionSnapshot()
  var timeline: Timeline?
  var snapshots = 0

  var position: Double? { timeline.map { $0.position.seconds(since: at(0)) } }
  var running: Int { snapshot.tasks.count(in: .running) }
  var done: Int { snapshot.tasks.count(in: .done) }

  mutating func take(_ updates: [SessionUpdate]) {
    for update in updates {
      switch update {
      case .snapshot(let snapshot):
        self.snapshot = snapshot
        snapshots += 1
      case .events(let events): snapshot.apply(events)
      case .timeline(let timeline): self.timeline = timeline
      case .link, .refused: Issue.record("\(update)")
      }
    }
  }
}

@Suite struct PlayheadTests {
  private func head(speed: Double = 1) -> Playhead {
    var head = Playhead(start: at(0), end: at(100), speed: speed)
    head.extend(to: at(100), isEnd: true)
    return head
  }

  @Test func `time passes at its speed and stops at the end`() {
    var head = head(speed: 4)
    head.pass(2)
    #expect(head.timeline.position == at(8))
    head.obey(.speed(by: 0.5), marks: [])
    head.pass(1)
    #expect(head.timeline.position == at(10))
    head.pass(1e12)
    #expect(head.timeline.position == at(100) && !head.timeline.isPlaying)
    // There is nothing left to play but the whole again.
    head.obey(.playOrPause, marks: [])
    #expect(head.timeline.position == at(0) && head.timeline.isPlaying)
  }

  @Test func `speed 0 stands still`() {
    var head = head(speed: 0)
    head.pass(10)
    #expect(head.timeline.position == at(0) && head.timeline.speed == 1)
    head.obey(.playOrPause, marks: [])
    head.pass(10)
    #expect(head.timeline.position == at(10))
  }

  @Test func `skips stay within the recording`() {
    var head = head(speed: 0)
    for (order, position) in [
      (PlayOrder.skip(30), 30.0), (.skip(-10), 20), (.skip(-100), 0), (.skip(1e300), 100), (.skip(-.infinity), 0),
      (.toEnd, 100), (.toStart, 0),
    ] {
      head.obey(order, marks: [])
      #expect(head.timeline.position == at(position))
    }
  }

  @Test func `speed has its bounds`() {
    var head = head()
    for _ in 0..<100 { head.obey(.speed(by: 2), marks: []) }
    #expect(head.timeline.speed == Playhead.speeds.upperBound)
    for _ in 0..<100 { head.obey(.speed(by: 0.5), marks: []) }
    #expect(head.timeline.speed == Playhead.speeds.lowerBound)
    head.obey(.speed(by: 0), marks: [])
    #expect(head.timeline.speed == Playhead.speeds.lowerBound)
  }

  @Test func `marks are gone to one by one`() {
    var head = head(speed: 0)
    let marks = [at(10), at(20), at(20.5)]
    for (order, position) in [
      (PlayOrder.nextMark, 10.0), (.nextMark, 20), (.nextMark, 20.5), (.nextMark, 100), (.previousMark, 20.5),
      (.previousMark, 20), (.previousMark, 10), (.previousMark, 0), (.previousMark, 0),
    ] {
      head.obey(order, marks: marks)
      #expect(head.timeline.position == at(position), "\(order) \(position)")
    }
    // While it plays, the mark just passed is not the one before.
    head.obey(.nextMark, marks: marks)
    head.obey(.nextMark, marks: marks)
    head.obey(.playOrPause, marks: marks)
    head.pass(0.3)
    head.obey(.previousMark, marks: marks)
    #expect(head.timeline.position == at(10))
  }

  @Test func `an end that is not known yet is waited for`() {
    var head = Playhead(start: at(0), end: at(1), speed: 1)
    head.pass(5)
    #expect(head.timeline.isPlaying && head.timeline.position == at(1))
    head.extend(to: at(50), isEnd: true)
    head.pass(2)
    #expect(head.timeline.position == at(3))
    var other = Playhead(start: at(0), end: at(1), speed: 0)
    other.obey(.toEnd, marks: [])
    other.extend(to: at(50), isEnd: true)
    #expect(other.timeline.position == at(50))
  }
}

@Suite struct KeyframesTests {
  @Test func `there are never many, and they reach from start to end`() {
    var keyframes = Keyframes(step: 10)
    for offset in 0..<10_000 {
      keyframes.add(Keyframe(offset: offset, time: at(Double(offset)), snapshot: SessionSnapshot()))
      #expect(keyframes.frames.count <= Keyframes.limit)
    }
    #expect(keyframes.frames.count > Keyframes.limit / 4)
    #expect(keyframes.before(at(9999)).map { $0.offset > 9000 } == true)
    #expect(keyframes.before(at(5000)).map { (4000...5000).contains($0.offset) } == true)
    #expect(keyframes.before(at(-1)) == nil)
  }
}

@Suite struct ReplayTests {
  private let scratch = Scratch()
  private let clock = TestClock()
  private var path: FilePath { scratch["journal.jsonl"] }

  /// A session of a hundred seconds: every second one task starts, and ends two seconds later.
  private func record(_ more: [SessionEvent] = [], tasks: Int = 90) throws {
    let journal = try Journal(creating: path, session: "session.1", observer: { _, _ in })
    var description = TaskDescription(name: "t", argv: ["true"])
    description.stdout = "out.{member}"
    let batch = TaskBatch(
      first: TaskID(0), description: description, members: .ensemble(first: 0, count: tasks))
    var events = [
      SessionEvent(time: at(0), source: .executor, .sessionPhase(.running, reason: nil)),
      SessionEvent(time: at(0), source: .executor, .tasksAdded(batch)),
    ]
    for number in 0..<tasks {
      let time = 90 * Double(number) / Double(tasks)
      if number >= 2 {
        let ended = TaskID(number - 2)
        let isBad = number == tasks / 2
        events.append(
          SessionEvent(
            time: at(time), source: .agent,
            .task(ended, isBad ? .failed : .done, TaskResult(exitCode: isBad ? 1 : 0))))
      }
      events.append(SessionEvent(time: at(time), source: .agent, .task(TaskID(number), .agentExecuting, nil)))
    }
    events.append(SessionEvent(time: at(100), source: .executor, .sessionPhase(.closing, reason: nil)))
    journal.write(events + more)
  }

  private func player(speed: Double = 1, index: ReplayIndex = ReplayIndex(step: 4 << 20)) throws -> ReplayPlayer {
    try ReplayPlayer(.journal(path), speed: speed, index: index, now: clock.now)
  }

  @Test func `it begins at the start and plays`() async throws {
    try record()
    let player = try player()
    var viewer = Viewer()
    viewer.take(await player.begin())
    #expect(viewer.snapshot.phase == .running && viewer.running == 1 && viewer.snapshots == 1)
    #expect(viewer.timeline == Timeline(start: at(0), end: at(100), position: at(0), speed: 1, isPlaying: true))
    clock.pass(10.5)
    viewer.take(await player.tick())
    #expect(viewer.position == 10.5 && viewer.running == 2 && viewer.done == 9)
    // Little is told as events, so that a screen keeps what it has.
    #expect(viewer.snapshots == 1)
  }

  @Test(arguments: [true, false])
  func `any point looks as if it had been played to`(_ isIndexed: Bool) async throws {
    try record(tasks: 30_000)
    // Many small steps, so that there are snapshots in between.
    let index = ReplayIndex(step: 1)
    if isIndexed {
      index.scan(.journal(path))
      #expect(index.keyframe(before: at(90)) != nil)
    }
    let events = try JournalContents(reading: path).events
    let player = try player(speed: 0, index: index)
    var viewer = Viewer()
    viewer.take(await player.begin())
    for position in [50.0, 89, 0, 100, 45] {
      viewer.take(await player.obey(.toStart))
      viewer.take(await player.obey(.skip(position)))
      var expected = SessionSnapshot()
      expected.apply(events.prefix { $0.time <= at(position) })
      #expect(viewer.position == position)
      #expect(viewer.running == expected.tasks.count(in: .running), "at \(position)")
      #expect(viewer.done == expected.tasks.count(in: .done), "at \(position)")
      #expect(viewer.snapshot.phase == expected.phase && viewer.snapshot.lastEvent == expected.lastEvent)
    }
  }

  @Test func `marks are failures and phases`() async throws {
    try record()
    let index = ReplayIndex(step: 4 << 20)
    index.scan(.journal(path))
    #expect(index.marks == [at(0), at(45), at(100)])
    let player = try player(speed: 0, index: index)
    var viewer = Viewer()
    viewer.take(await player.begin())
    viewer.take(await player.obey(.nextMark))
    #expect(viewer.position == 45 && viewer.snapshot.tasks.count(in: .failed) == 1)
    viewer.take(await player.obey(.skip(-1)))
    #expect(viewer.snapshot.tasks.count(in: .failed) == 0)
  }

  @Test func `a clock that was set back holds nothing up`() async throws {
    try record([
      SessionEvent(time: at(30), source: .executor, .log(.info, "set back")),
      SessionEvent(time: at(31), source: .executor, .sessionPhase(.closed, reason: nil)),
    ])
    let index = ReplayIndex(step: 4 << 20)
    let player = try player(speed: 0, index: index)
    var viewer = Viewer()
    viewer.take(await player.begin())
    // By its last event the recording ends here.
    #expect(viewer.timeline?.end == at(31))
    index.scan(.journal(path))
    viewer.take(await player.obey(.toEnd))
    #expect(viewer.position == 100 && viewer.snapshot.phase == .closed)
    viewer.take(await player.obey(.skip(-1)))
    #expect(viewer.snapshot.phase == .running && !viewer.snapshot.log.contains { $0.text == "set back" })
  }

  @Test func `a torn line and damaged ones are passed over`() async throws {
    try record()
    put(bytes(path) + Array("{\"t\":\n\n{\"torn".utf8), into: path)
    let index = ReplayIndex(step: 4 << 20)
    index.scan(.journal(path))
    let player = try player(speed: 0, index: index)
    var viewer = Viewer()
    viewer.take(await player.obey(.toEnd))
    #expect(viewer.position == 100 && viewer.snapshot.phase == .closing)
  }

  @Test func `what is no recording is refused`() throws {
    #expect(throws: SessionDirectory.DirectoryError.self) { try ReplaySource(journal: scratch["nothing"]) }
    put(Array("no journal\n".utf8), into: scratch["other"])
    #expect(throws: SessionDirectory.DirectoryError.self) { try ReplaySource(journal: scratch["other"]) }
    _ = try Journal(creating: path, session: "s", observer: { _, _ in })
    #expect(throws: SessionDirectory.DirectoryError.self) { try ReplaySource(journal: path) }
  }

  @Test(.timeLimit(.minutes(1)))
  func `the source plays to the end by itself`() async throws {
    try record()
    let source = try ReplaySource(journal: path, speed: 1000)
    let (updates, sender) = AsyncStream.makeStream(of: SessionUpdate.self)
    source.open { sender.yield($0) }
    var viewer = Viewer()
    for await update in updates {
      viewer.take([update])
      if viewer.timeline?.isPlaying == false, viewer.snapshot.phase == .closing { break }
    }
    #expect(viewer.position == 100 && viewer.done == 87)
    source.play(.toStart)
    for await update in updates {
      viewer.take([update])
      if viewer.position == 0, viewer.done == 0 { break }
    }
    #expect(viewer.timeline?.isPlaying == false)
    func read(_ task: Int) async -> OutputAnswer.Result {
      let request = OutputRequest(
        number: task, output: OutputID(TaskID(task), .stdout), kind: .page(.end), before: 5, after: 5)
      return await withCheckedContinuation { answered in source.read(request) { answered.resume(returning: $0.result) }
      }
    }
    #expect(await read(0) == .failure("the recording has no task output"))
    #expect(await read(999) == .failure("the session has no task task.000999"))
    mkdir(scratch["tasks"].string, 0o700)
    mkdir(scratch["tasks/task.000001"].string, 0o700)
    put(Array("hello\n".utf8), into: scratch["tasks/task.000001/out.1"])
    guard case .page(let page) = await read(1) else {
      Issue.record("the output of a member is not found")
      return
    }
    #expect(page.lines.map(\.text) == ["hello"])
  }
}
