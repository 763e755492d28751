import SessionModel
import Work

extension TaskColumns {
  func write(to writer: inout ByteWriter) {
    writer.count(count)
    writer.column(states.map(\.rawValue))
    writer.column(exitCodes)
    writer.column(signals)
    writer.column(attempts)
    for column in [added, queued, started, ended, userTimes, systemTimes, peaks] { writer.column(column) }
    writer.texts(CommandList(reasons))
    for numbers in [reasonNumbers, pids] {
      // In order of ids, so that equal tables are equal bytes.
      let sorted = numbers.sorted { $0.key < $1.key }
      writer.ids(sorted.map(\.key))
      writer.column(sorted.map(\.value))
    }
    let values = values.sorted { $0.key < $1.key }
    writer.ids(values.map(\.key))
    writer.texts(CommandList(values.lazy.map(\.value.text)))
    writer.ids(cancelRequests.ids)
  }

  init(reading reader: inout ByteReader) throws {
    self.init()
    let count = try reader.count()
    let names = TaskState.allCases
    states = try reader.column(count, of: UInt8.self).map { number in
      guard number < names.count else { throw reader.damage }
      return names[Int(number)]
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
    let texts = try reader.texts()
    reasons = (0..<texts.count).map { texts[$0] }
    reasonNumbers = try Self.numbers(&reader)
    pids = try Self.numbers(&reader)
    let ids = try reader.ids()
    let values = try reader.texts()
    try reader.require(values.count == ids.count)
    for (index, id) in ids.enumerated() { self.values[id] = try FunctionValue(values[index]) }
    for id in try reader.ids() {
      // A set is as large as its largest id.
      try reader.require(id.index < count)
      cancelRequests.insert(id)
    }
  }

  private static func numbers(_ reader: inout ByteReader) throws -> [TaskID: Int32] {
    let ids = try reader.ids()
    let values = try reader.column(ids.count, of: Int32.self)
    return Dictionary(zip(ids, values), uniquingKeysWith: { $1 })
  }
}
