import SessionModel

extension SessionHistory {
  func write(to writer: inout ByteWriter) {
    for value in [start?.microseconds ?? 0, end?.microseconds ?? 0, step] { writer.number(value) }
    for value in [levels.busy, levels.queued, levels.waiting] { writer.number(Int64(value)) }
    writer.count(start == nil ? 0 : 1)
    writer.count(spans.count)
    for span in spans {
      for value in [span.busy, span.queued, span.waiting] { writer.number(value.bitPattern) }
      for value in [span.started, span.finished] { writer.number(Int64(value)) }
    }
  }

  init(reading reader: inout ByteReader) throws(ByteReader.FormatError) {
    let start = Timestamp(microseconds: try reader.number())
    let end = Timestamp(microseconds: try reader.number())
    let step = try reader.number(Int64.self)
    let levels = Levels(
      busy: Int(try reader.number(Int64.self)), queued: Int(try reader.number(Int64.self)),
      waiting: Int(try reader.number(Int64.self)))
    let hasBegun = try reader.number(UInt64.self) != 0
    var spans: [Span] = []
    for _ in 0..<(try reader.count(ofSize: 40)) {
      spans.append(
        Span(
          busy: Double(bitPattern: try reader.number()), queued: Double(bitPattern: try reader.number()),
          waiting: Double(bitPattern: try reader.number()), started: Int(try reader.number(Int64.self)),
          finished: Int(try reader.number(Int64.self))))
    }
    guard hasBegun else {
      self.init()
      return
    }
    guard let history = SessionHistory(start: start, end: end, step: step, spans: spans, levels: levels) else {
      throw reader.damage
    }
    self = history
  }
}
