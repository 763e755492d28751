import Glibc
import TestSupport
import Testing
import Work

import SessionModel

@testable import Wire

/// What is written as a checkpoint reads back as it was, and nothing else reads.
@Suite struct CheckpointTests {
  /// A session with something of everything, after `count` random moves.
  static func rich(_ seed: UInt64, moves: Int = 400) -> [SessionEvent] {
    var numbers = SeededNumbers(seed)
    var kinds = Samples.kinds.filter {
      if case .tasksAdded = $0 { false } else if case .sessionClosed = $0 { false } else { true }
    }
    let single = TaskDescription(
      name: "f", function: FunctionCall(module: "m", name: "a", args: [1, 2.5, nil], kwargs: ["k": ["x"]]),
      stdin: .text("in"))
    kinds += [
      .tasksAdded(TaskBatch(first: TaskID(0), description: single, members: .single)),
      .tasksAdded(
        TaskBatch(first: TaskID(1), description: Samples.description, members: .ensemble(first: 3, count: 150))),
      .tasksAdded(
        TaskBatch(
          first: TaskID(151), description: TaskDescription(name: "command"),
          members: .commands(first: 12, CommandList(hostileTexts)))),
    ]
    let count = 151 + hostileTexts.count
    for move in 0..<moves {
      let state = TaskState.allCases[Int.random(in: 0..<TaskState.allCases.count, using: &numbers)]
      var result = TaskResult(attempt: move % 3 + 1)
      if move % 2 == 0 { (result.exitCode, result.user, result.system) = (Int32(move % 5), 1.25, 0.5) }
      if move % 5 == 0 { (result.pid, result.peakMemory, result.signal) = (Int32(move), move * 10, 9) }
      if move % 7 == 0 { (result.reason, result.value) = ("reason \(move % 4)", functionValue("[\(move)]")) }
      kinds.append(.task(TaskID(Int.random(in: 0..<count, using: &numbers)), state, move % 4 == 1 ? nil : result))
      if move % 50 == 3 {
        kinds.append(
          .command(
            CommandRecord(
              id: 100 + move, verb: .cancel, tasks: TaskIDs((0..<20).map { TaskID($0 * 7) }),
              sender: CommandSender(user: "ann", origin: "login1", request: "r"), stage: .requested)))
      }
    }
    kinds += [
      .command(CommandRecord(id: 900, verb: .submit, added: 3..<7, sender: "bob", stage: .acknowledged)),
      .sessionClosed(
        SessionSummary(
          session: "s", tasks: ["DONE": 3], wall: 2.5, leftovers: ["pid 7"], exitCode: 4, problem: "none")),
    ]
    return kinds.enumerated().map { SessionEvent(time: at(Double($0)), source: .executor, $1) }
  }

  private func bytes(_ snapshot: SessionSnapshot) throws -> [UInt8] {
    try #require(Checkpoint.bytes(of: snapshot, session: "session.1", journalEnd: 4711, journalTail: 99))
  }

  private func read(_ bytes: [UInt8]) -> Checkpoint? { bytes.withUnsafeBytes { Checkpoint($0) } }

  @Test(arguments: 0..<8) func `a rich snapshot reads back as it was, and goes on as it would have`(
    _ seed: UInt64
  ) throws {
    let events = Self.rich(seed)
    let cut = events.count - Int(seed) * 40
    var original = SessionSnapshot()
    original.apply(events[..<cut])
    let checkpoint = try #require(read(try bytes(original)))
    #expect(checkpoint.header.session == "session.1")
    #expect(checkpoint.header.journalEnd == 4711)
    #expect(checkpoint.header.journalTail == 99)
    var copy = checkpoint.snapshot
    expectEqual(copy, original)
    original.apply(events[cut...])
    copy.apply(events[cut...])
    expectEqual(copy, original)
    #expect(try bytes(copy) == bytes(original))
  }

  @Test func `an empty snapshot reads back`() throws {
    expectEqual(try #require(read(try bytes(SessionSnapshot()))).snapshot, SessionSnapshot())
  }

  @Test func `every truncation is refused, and so is more than was written`() throws {
    var small = SessionSnapshot()
    small.apply(Self.rich(1, moves: 10))
    let whole = try bytes(small)
    for length in 0..<whole.count { #expect(read(Array(whole[..<length])) == nil) }
    #expect(read(whole + [0]) == nil)
    #expect(read(whole) != nil)
  }

  @Test func `another version is refused`() throws {
    var whole = try bytes(SessionSnapshot())
    whole[8] += 1
    #expect(read(whole) == nil)
  }

  private func mutate(_ bytes: inout [UInt8], _ numbers: inout SeededNumbers) {
    for _ in 0..<Int.random(in: 1...3, using: &numbers) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &numbers)
      switch Int.random(in: 0..<6, using: &numbers) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
      case 1: bytes[index] = UInt8.random(in: 0...255, using: &numbers)
      case 2: bytes[index] = 0xff
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &numbers), at: index)
      case 4: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...9, using: &numbers)))
      default:
        for place in index..<min(bytes.count, index + 8) { bytes[place] = [0, 0xff, 0x7f][index % 3] }
      }
    }
  }

  @Test func `a mutated checkpoint is refused, 20 000 times`() async throws {
    var small = SessionSnapshot()
    small.apply(Self.rich(2, moves: 30))
    let whole = try bytes(small)
    var numbers = SeededNumbers(5)
    for round in 0..<20_000 {
      if round % 200 == 0 { await Task.yield() }
      var damaged = whole
      mutate(&damaged, &numbers)
      if damaged != whole { #expect(read(damaged) == nil) }
    }
  }

  /// A small session with every column, so that it is read often enough.
  private static var small: SessionSnapshot {
    var small = SessionSnapshot()
    let call = FunctionCall(module: "m", name: "a", args: [1], kwargs: ["k": "x"])
    let batches: [TaskBatch] = [
      TaskBatch(first: TaskID(0), description: TaskDescription(name: "f", function: call), members: .single),
      TaskBatch(
        first: TaskID(1), description: TaskDescription(name: "e", argv: ["x"], resources: TaskResources(ranks: 2)),
        members: .ensemble(first: 3, count: 9)),
      TaskBatch(
        first: TaskID(10), description: TaskDescription(name: "c"),
        members: .commands(first: 0, CommandList(["a", "", "b"]))),
    ]
    small.apply(batches.map { SessionEvent(time: at(0), source: .executor, .tasksAdded($0)) })
    let moves: [(Int, TaskState, TaskResult?)] = [
      (0, .done, TaskResult(exitCode: 0, value: functionValue("[1]"))), (1, .agentExecuting, TaskResult(pid: 7)),
      (2, .failed, TaskResult(reason: "r")), (3, .agentScheduling, nil),
    ]
    small.apply(moves.map { SessionEvent(time: at(1), source: .agent, .task(TaskID($0), $1, $2)) })
    let record = CommandRecord(id: 1, verb: .cancel, tasks: [TaskID(3)], sender: "ann", stage: .requested)
    small.apply(SessionEvent(time: at(2), source: .operator, .command(record)))
    return small
  }

  private static let rounds = getenv("SCALEMS_FUZZ").flatMap { Int(String(cString: $0)) } ?? 20_000

  @Test func `damaged columns are refused, or contradict nothing, 20 000 times`() async throws {
    let small = Self.small
    var writer = ByteWriter()
    small.tasks.columns.write(to: &writer)
    var numbers = SeededNumbers(7)
    var outcomes = (read: 0, refused: 0)
    for round in 0..<20_000 {
      if round % 100 == 0 { await Task.yield() }
      var damaged = writer.bytes
      mutate(&damaged, &numbers)
      let columns = damaged.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes)
        return try? TaskColumns(reading: &reader)
      }
      guard var columns else {
        outcomes.refused += 1
        continue
      }
      columns.epoch = at(0)
      guard let table = TaskTable(batches: small.tasks.batches, columns: columns) else {
        outcomes.refused += 1
        continue
      }
      outcomes.read += 1
      for row in 0..<table.count { _ = table.task(atRow: row).flatMap { table.details(of: $0) } }
    }
    #expect(outcomes.read > 500 && outcomes.refused > 500, "\(outcomes)")
  }

  /// The checksum keeps nearly all damage from the decoder; here it meets all of it. A million with
  /// SCALEMS_FUZZ=1000000.
  @Test func `damage that a checksum would find is met by the decoder without a trap`() async throws {
    let whole = try bytes(Self.small)
    var numbers = SeededNumbers(6)
    var outcomes = (read: 0, refused: 0)
    for round in 0..<Self.rounds {
      if round % 50 == 0 { await Task.yield() }
      var damaged = whole
      mutate(&damaged, &numbers)
      let found = damaged.withUnsafeBytes { bytes in
        Checkpoint.Header(bytes).flatMap { Checkpoint($0, unchecked: bytes) }
      }
      guard var snapshot = found?.snapshot else {
        outcomes.refused += 1
        continue
      }
      outcomes.read += 1
      // Whatever was read can be shown, added to, and written again; that takes long, so not each time.
      guard outcomes.read % 8 == 0 else { continue }
      for row in 0..<snapshot.tasks.count {
        guard let id = snapshot.tasks.task(atRow: row) else { continue }
        _ = snapshot.tasks.details(of: id)
      }
      if let first = snapshot.tasks.batches.first { _ = first.commandLine(of: first.first) }
      snapshot.apply(Self.events)
      #expect(Checkpoint.bytes(of: snapshot, session: "s", journalEnd: 0, journalTail: 0) != nil)
    }
    #expect(outcomes.read > Self.rounds / 40 && outcomes.refused > Self.rounds / 40, "\(outcomes)")
  }

  private static let events = rich(4, moves: 1)

  @Test func `a checksum is that of XXH64`() {
    func checksum(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { Checksum.of($0) } }
    #expect(checksum("") == 0xef46_db37_51d8_e999)
    #expect(checksum("a") == 0xd24e_c4f1_a98c_6e5b)
    #expect(checksum("abc") == 0x44bc_2cf5_ad77_0999)
    #expect(checksum("Nobody inspects the spammish repetition") == 0xfbce_a83c_8a37_8bf1)
  }
}

/// All that a screen can show of a session.
func expectEqual(_ a: SessionSnapshot, _ b: SessionSnapshot, sourceLocation: SourceLocation = #_sourceLocation) {
  func expect(_ isEqual: Bool, _ what: Comment) { #expect(isEqual, what, sourceLocation: sourceLocation) }
  expect(a.info == b.info, "info")
  expect(a.phase == b.phase && a.phaseReason == b.phaseReason, "phase")
  expect(a.opened == b.opened && a.closed == b.closed && a.lastEvent == b.lastEvent, "times")
  expect(a.pilot == b.pilot && a.pilotActive == b.pilotActive, "pilot")
  expect(a.raptor == b.raptor, "raptor")
  expect(a.isWorkflowComplete == b.isWorkflowComplete, "workflow")
  expect(a.commands == b.commands, "commands")
  expect(a.shutdown == b.shutdown, "shutdown")
  expect(a.log == b.log && a.logCount == b.logCount, "log")
  expect(a.summary == b.summary, "summary")
  expect(a.coresInUse == b.coresInUse, "cores")
  expect(a.tasks.count == b.tasks.count && a.tasks.finished == b.tasks.finished, "tasks")
  expect(a.tasks.batches == b.tasks.batches, "batches")
  expect(a.tasks.coresInUse == b.tasks.coresInUse && a.tasks.gpusInUse == b.tasks.gpusInUse, "resources")
  expect(a.tasks.raptorRunning == b.tasks.raptorRunning && a.tasks.raptorQueued == b.tasks.raptorQueued, "raptor's")
  expect(a.tasks.raptorFinished == b.tasks.raptorFinished, "raptor's ended")
  for state in TaskState.allCases { expect(a.tasks.count(inState: state) == b.tasks.count(inState: state), "states") }
  for phase in TaskPhase.allCases { expect(a.tasks.ids(in: phase) == b.tasks.ids(in: phase), "phases") }
  for row in 0..<min(a.tasks.count, b.tasks.count) {
    expect(a.tasks.task(atRow: row) == b.tasks.task(atRow: row), "rows")
    expect(a.tasks.details(of: TaskID(row)) == b.tasks.details(of: TaskID(row)), "details")
    expect(a.tasks.label(of: TaskID(row)) == b.tasks.label(of: TaskID(row)), "labels")
    expect(a.tasks.commandLine(of: TaskID(row)) == b.tasks.commandLine(of: TaskID(row)), "command lines")
  }
}
