extension SessionSnapshot {
  /// Why bytes are no snapshot.
  public struct Damage: Error {}

  /// Raised whenever the coding changes; others are not read.
  private static let codingVersion: UInt32 = 1

  /// The snapshot as bytes: some 40 a task.
  ///
  /// Everything but the tasks is coded as the events that lead to it.
  public func encoded() -> [UInt8] {
    var writer = BinaryWriter()
    writer.put(Self.codingVersion)
    var json = JSONWriter()
    for event in eventsBesideTasks { event.write(to: &json) }
    writer.put(blob: json.bytes)
    writer.put(phase.rawValue)
    writer.put(phaseReason) { $0.put($1) }
    for time in [opened, closed, pilotActive, lastEvent] { writer.put(time) { $0.put($1.microseconds) } }
    writer.put(isWorkflowComplete)
    writer.put(logCount)
    writer.put(log.count)
    for line in log {
      writer.put(line.time.microseconds)
      writer.put(line.level.rawValue)
      writer.put(line.text)
    }
    tasks.encode(to: &writer)
    return writer.bytes
  }

  /// Reads what ``encoded()`` made.
  ///
  /// - Throws: `Damage` for anything else.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(Damage) {
    do { self = try Self.decode(bytes) } catch { throw Damage() }
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer) throws -> SessionSnapshot {
    var reader = BinaryReader(bytes)
    guard try reader.number(UInt32.self) == codingVersion else { throw Damage() }
    var snapshot = SessionSnapshot()
    for line in try reader.blob().split(separator: 0x0a) {
      guard let event = try SessionEvent(line: UnsafeRawBufferPointer(rebasing: line)) else { throw Damage() }
      snapshot.apply(event)
    }
    guard let phase = SessionPhase(rawValue: try reader.text()) else { throw Damage() }
    let reason = try reader.optional { try $0.text() }
    let times = try (0..<4).map { _ in
      try reader.optional { Timestamp(microseconds: try $0.number(Int64.self)) }
    }
    let isComplete = try reader.bool()
    let logCount = try reader.int()
    var log: [LogLine] = []
    for _ in 0..<(try reader.count()) {
      let time = Timestamp(microseconds: try reader.number(Int64.self))
      guard let level = LogLevel(rawValue: try reader.text()) else { throw Damage() }
      log.append(LogLine(time: time, level: level, text: try reader.text()))
    }
    guard logCount >= log.count else { throw Damage() }
    let tasks = try TaskTable(decoding: &reader)
    try reader.finish()
    snapshot.restore(
      phase: phase, reason: reason, times: times, isWorkflowComplete: isComplete, log: log, logCount: logCount,
      tasks: tasks)
    return snapshot
  }

  /// Events after which a new snapshot has everything that is neither tasks nor log nor a time.
  private var eventsBesideTasks: [SessionEvent] {
    var events: [SessionEvent] = []
    func add(_ kind: SessionEvent.Kind, at time: Timestamp? = nil) {
      events.append(SessionEvent(time: time ?? opened ?? Timestamp(microseconds: 0), source: .executor, kind))
    }
    if let info { add(.sessionOpened(info)) }
    if let pilot { add(.pilot(pilot)) }
    if let raptor { add(.raptor(raptor)) }
    for command in commands {
      // Which of its tasks wait for a cancel stands with the tasks.
      add(.command(command))
    }
    for progress in shutdown {
      add(.shutdownEntered(progress.phase, deadline: progress.deadline), at: progress.entered)
      if let left = progress.left, let outcome = progress.outcome {
        add(.shutdownLeft(progress.phase, outcome, detail: progress.detail), at: left)
      }
    }
    if let summary { add(.sessionClosed(summary), at: closed) }
    return events
  }
}
