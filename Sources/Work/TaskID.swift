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
    guard uid.hasPrefix("task."), uid.dropFirst(5).first != "+", let number = UInt32(uid.dropFirst(5)),
      // One more is the end of a range.
      number < UInt32.max
    else { return nil }
    self.init(number)
  }

  public static func < (a: TaskID, b: TaskID) -> Bool { a.number < b.number }
}
