import JSON
import SessionModel
import Work

// Names as bytes, without a `String` of them: journals are made of these.

extension TaskState {
  /// The state that the bytes of a name name, without a `String` of them: journals are made of these.
  init?(name bytes: UnsafeRawBufferPointer) {
    // The names that nearly all lines have.
    if bytes.equals("AGENT_EXECUTING") {
      self = .agentExecuting
    } else if bytes.equals("DONE") {
      self = .done
    } else if bytes.equals("AGENT_SCHEDULING") {
      self = .agentScheduling
    } else if bytes.equals("TMGR_SCHEDULING") {
      self = .tmgrScheduling
    } else {
      self.init(name: String(decoding: bytes, as: UTF8.self))
    }
  }
}

extension TaskID {
  /// The id that the bytes of `task.<digits>` name.
  init?(uid bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 5, bytes.count < 32, bytes.starts(with: "task.") else { return nil }
    var number: UInt64 = 0
    for byte in bytes[5...] {
      let digit = byte &- 0x30
      guard digit < 10 else { return nil }
      number = number * 10 + UInt64(digit)
      guard number <= UInt64(UInt32.max) else { return nil }
    }
    self.init(UInt32(number))
  }
}

extension JSONWriter {
  public mutating func member(_ name: StaticString, _ time: Timestamp) { member(name, microseconds: time.microseconds) }
}
