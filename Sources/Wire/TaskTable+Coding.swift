import SessionModel
import Work

extension TaskTable {
  /// Writes what cannot be computed again: the batches and the columns.
  func write(to writer: inout ByteWriter) {
    writer.list(batches) { $1.write(to: &$0) }
    writer.count(raptorFinished)
    writer.time(epoch)
    writer.count(count)
    writer.column(states.map(\.rawValue))
    writer.column(exitCodes)
    writer.column(signals)
    writer.column(attempts)
    for column in [added, queued, started, ended, userTimes, systemTimes, peaks] { writer.column(column) }
    writer.texts(reasons)
    Self.write(reasonNumbers, to: &writer)
    Self.write(pids, to: &writer)
    writer.list(values.sorted { $0.key < $1.key }) {
      $0.number($1.key.number)
      $0.text($1.value)
    }
    let requests = cancelRequests.ids
    writer.count(requests.count)
    writer.column(requests.map(\.number))
  }

  /// In order of ids, so that equal tables are equal bytes.
  private static func write(_ numbers: [TaskID: Int32], to writer: inout ByteWriter) {
    let sorted = numbers.sorted { $0.key < $1.key }
    writer.count(sorted.count)
    writer.column(sorted.map(\.key.number))
    writer.column(sorted.map(\.value))
  }

  /// The table that was written, its counts and sets computed again.
  init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init()
    batches = try reader.list { reader throws(ByteReader.Damage) in try TaskBatch(reading: &reader) }
    needs = batches.map { Needs($0) }
    raptorFinished = try reader.integer()
    epoch = try reader.optionalTime()
    let count = try reader.count()
    var rows = 0
    for batch in batches {
      // A batch has at most 2^32 members: no sum of what passed before overflows.
      try reader.require(batch.first.index == rows && batch.count > 0)
      rows += batch.count
      try reader.require(rows <= count)
    }
    try reader.require(rows == count && raptorFinished >= 0 && (epoch != nil || count == 0))
    states = []
    states.reserveCapacity(count)
    for raw in try reader.column(count, of: UInt8.self) {
      guard let state = TaskState(rawValue: raw) else { throw reader.damage }
      states.append(state)
    }
    exitCodes = try reader.column(count)
    signals = try reader.column(count)
    attempts = try reader.column(count)
    added = try reader.column(count)
    queued = try reader.column(count)
    started = try reader.column(count)
    ended = try reader.column(count)
    userTimes = try reader.column(count)
    systemTimes = try reader.column(count)
    peaks = try reader.column(count)
    reasons = try reader.texts()
    for (number, text) in reasons.enumerated() { reasonByText[text] = Int32(truncatingIfNeeded: number) }
    reasonNumbers = try Self.numbers(&reader, count)
    try reader.require(reasonNumbers.values.allSatisfy { $0 >= 0 && Int($0) < reasons.count })
    pids = try Self.numbers(&reader, count)
    for _ in 0..<(try reader.count(ofSize: 12)) {
      let id = TaskID(try reader.number(UInt32.self))
      try reader.require(id.index < count)
      values[id] = try reader.text()
    }
    let requests = try reader.count(ofSize: 4)
    for number in try reader.column(requests, of: UInt32.self) {
      try reader.require(Int(number) < count)
      cancelRequests.insert(TaskID(number))
    }
    recount()
  }

  private static func numbers(
    _ reader: inout ByteReader, _ rows: Int
  ) throws(ByteReader.Damage) -> [TaskID: Int32] {
    let count = try reader.count(ofSize: 8)
    let keys = try reader.column(count, of: UInt32.self)
    let values = try reader.column(count, of: Int32.self)
    var result = [TaskID: Int32](minimumCapacity: count)
    for (key, value) in zip(keys, values) {
      try reader.require(Int(key) < rows)
      result[TaskID(key)] = value
    }
    return result
  }

  /// Computes what `move` keeps incrementally, from the states.
  private mutating func recount() {
    let phaseOf = TaskState.allCases.map { Int($0.phase.rawValue) }
    let words = (count + 63) / 64
    var bits = [UInt64](repeating: 0, count: words * TaskPhase.allCases.count)
    for (row, state) in states.enumerated() {
      stateCounts[Int(state.rawValue)] += 1
      bits[phaseOf[Int(state.rawValue)] * words + row >> 6] |= 1 << UInt64(row & 63)
    }
    for phase in TaskPhase.allCases {
      let start = Int(phase.rawValue) * words
      phases[Int(phase.rawValue)] = IDSet(words: Array(bits[start..<(start + words)]))
    }
    for batch in batches {
      let range = batch.first.index..<(batch.first.index + batch.count)
      let running = states[range].count { $0.phase == .running }
      coresInUse += running * batch.description.resources.cores
      gpusInUse += running * batch.description.resources.gpus
      guard batch.description.raptor else { continue }
      raptorRunning += running
      raptorQueued += states[range].count { $0.phase == .queued }
    }
  }
}
