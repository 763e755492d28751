import SessionModel
import Work

extension SessionSnapshot {
  /// Writes the snapshot so that `init(reading:)` gives it back: equal snapshots are equal bytes.
  func write(to writer: inout ByteWriter) {
    writer.optional(info) { $1.write(to: &$0) }
    writer.text(phase.rawValue)
    writer.text(phaseReason)
    writer.time(opened)
    writer.time(closed)
    writer.optional(pilot) { $1.write(to: &$0) }
    writer.time(pilotActive)
    writer.optional(raptor) { $1.write(to: &$0) }
    writer.flag(isWorkflowComplete)
    writer.list(commands) { $1.write(to: &$0) }
    writer.list(shutdown) { $1.write(to: &$0) }
    writer.list(log) {
      $0.time($1.time)
      $0.text($1.level.rawValue)
      $0.text($1.text)
    }
    writer.count(logCount)
    writer.optional(summary) { $1.write(to: &$0) }
    writer.time(lastEvent)
    tasks.write(to: &writer)
  }

  init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init()
    info = try reader.optional { reader throws(ByteReader.Damage) in try SessionInfo(reading: &reader) }
    phase = try reader.choice()
    phaseReason = try reader.optionalText()
    opened = try reader.optionalTime()
    closed = try reader.optionalTime()
    pilot = try reader.optional { reader throws(ByteReader.Damage) in try PilotStatus(reading: &reader) }
    pilotActive = try reader.optionalTime()
    raptor = try reader.optional { reader throws(ByteReader.Damage) in try RaptorStatus(reading: &reader) }
    isWorkflowComplete = try reader.flag()
    commands = try reader.list { reader throws(ByteReader.Damage) in try CommandRecord(reading: &reader) }
    shutdown = try reader.list { reader throws(ByteReader.Damage) in try ShutdownProgress(reading: &reader) }
    log = try reader.list { reader throws(ByteReader.Damage) in
      LogLine(time: try reader.time(), level: try reader.choice(), text: try reader.text())
    }
    logCount = try reader.integer()
    try reader.require(logCount >= log.count)
    summary = try reader.optional { reader throws(ByteReader.Damage) in try SessionSummary(reading: &reader) }
    lastEvent = try reader.optionalTime()
    tasks = try TaskTable(reading: &reader)
  }
}

extension SessionInfo {
  fileprivate func write(to writer: inout ByteWriter) {
    for text in [id, name, engine, resource, user, host, directory] { writer.text(text) }
    writer.number(pid)
    writer.text(reason)
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(
      id: try reader.text(), name: try reader.text(), engine: try reader.text(), resource: try reader.text(),
      user: try reader.text(), host: try reader.text(), pid: 0, directory: try reader.text())
    pid = try reader.number()
    reason = try reader.optionalText()
  }
}

extension PilotStatus {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.text(uid)
    writer.text(state.rawValue)
    writer.number(cores)
    writer.number(gpus)
    writer.optional(runtime) { $0.seconds($1) }
    writer.text(detail)
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(
      uid: try reader.text(), state: try reader.choice(), cores: try reader.integer(), gpus: try reader.integer())
    runtime = try reader.optional { reader throws(ByteReader.Damage) in try reader.seconds() }
    detail = try reader.optionalText()
  }
}

extension RaptorStatus {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.text(uid)
    writer.number(state.rawValue)
    writer.number(workers)
    writer.text(hello)
    writer.text(detail)
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    let uid = try reader.text()
    guard let state = TaskState(rawValue: try reader.number()) else { throw reader.damage }
    self.init(uid: uid, state: state, workers: try reader.integer())
    hello = try reader.optionalText()
    detail = try reader.optionalText()
  }
}

extension CommandRecord {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.number(id)
    writer.text(verb.rawValue)
    writer.count(tasks.count)
    writer.column(tasks.map(\.number))
    writer.optional(added) {
      $0.number($1.lowerBound)
      $0.number($1.upperBound)
    }
    writer.optional(grace) {
      if case .seconds(let seconds) = $1 { $0.optional(seconds) { $0.seconds($1) } } else { $0.flag(false) }
    }
    writer.text(sender.user)
    writer.text(sender.origin)
    writer.text(sender.request)
    writer.text(reason)
    switch stage {
    case .requested: writer.number(UInt8(0))
    case .acknowledged: writer.number(UInt8(1))
    case .finished(let succeeded, let outcome):
      writer.number(UInt8(2))
      writer.flag(succeeded)
      writer.text(outcome)
    }
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(id: try reader.integer(), verb: try reader.choice(), sender: "", stage: .requested)
    tasks = try reader.column(try reader.count(ofSize: 4), of: UInt32.self).map { TaskID($0) }
    added = try reader.optional { reader throws(ByteReader.Damage) in
      let (first, end) = (try reader.number(UInt32.self), try reader.number(UInt32.self))
      try reader.require(first <= end)
      return first..<end
    }
    if try reader.flag() { grace = try reader.flag() ? .seconds(try reader.seconds()) : CloseGrace.none }
    sender = CommandSender(
      user: try reader.text(), origin: try reader.optionalText(), request: try reader.optionalText())
    reason = try reader.optionalText()
    switch try reader.number(UInt8.self) {
    case 0: stage = .requested
    case 1: stage = .acknowledged
    case 2: stage = .finished(succeeded: try reader.flag(), outcome: try reader.text())
    default: throw reader.damage
    }
  }
}

extension ShutdownProgress {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.text(phase.rawValue)
    writer.time(entered)
    // No deadline is infinity.
    writer.optional(deadline.isFinite ? deadline : nil) { $0.seconds($1) }
    writer.time(left)
    writer.text(outcome?.rawValue)
    writer.text(detail)
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(phase: try reader.choice(), entered: try reader.time(), deadline: 0)
    deadline = try reader.optional { reader throws(ByteReader.Damage) in try reader.seconds() } ?? .infinity
    left = try reader.optionalTime()
    outcome = try reader.optional { reader throws(ByteReader.Damage) in try reader.choice() }
    detail = try reader.optionalText()
  }
}

extension SessionSummary {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.text(session)
    writer.list(tasks.sorted { $0.key < $1.key }) {
      $0.text($1.key)
      $0.number($1.value)
    }
    writer.seconds(wall)
    writer.texts(leftovers)
    writer.number(exitCode)
    writer.text(problem)
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(session: try reader.text(), tasks: [:], wall: 0, exitCode: 0)
    for _ in 0..<(try reader.count(ofSize: 16)) {
      let name = try reader.text()
      tasks[name] = try reader.integer()
    }
    wall = try reader.seconds()
    leftovers = try reader.texts()
    exitCode = try reader.number()
    problem = try reader.optionalText()
  }
}
