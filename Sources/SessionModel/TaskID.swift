/// The number of a task in its session; written `task.000042`, as RADICAL-Pilot writes it.
public struct TaskID: Hashable, Comparable, Sendable {
  public var number: UInt32

  public init(_ number: UInt32) { self.number = number }
  public init(_ number: Int) { self.number = UInt32(truncatingIfNeeded: number) }

  public var index: Int { Int(number) }

  public var uid: String {
    let digits = String(number)
    return "task." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// The id that `uid` names, or `nil` when it is not of the form `task.<digits>`.
  public init?(uid: some StringProtocol) {
    // `UInt32` reads a sign, too.
    guard uid.hasPrefix("task."), uid.dropFirst(5).first != "+", let number = UInt32(uid.dropFirst(5)) else {
      return nil
    }
    self.init(number)
  }

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

  public static func < (a: TaskID, b: TaskID) -> Bool { a.number < b.number }
}
