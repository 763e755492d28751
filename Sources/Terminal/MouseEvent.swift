/// What a person did with the mouse, and at which cell.
public struct MouseEvent: Hashable, Sendable {
  public enum Kind: Hashable, Sendable { case click, wheelUp, wheelDown }

  public var kind: Kind
  /// Both counted from 0.
  public var row: Int
  public var column: Int

  public init(_ kind: Kind, row: Int, column: Int) { (self.kind, self.row, self.column) = (kind, row, column) }

  /// A report of mode 1006: `< button ; column ; row M`. Releases, other buttons and modifiers mean nothing here.
  init?(parameters: [UInt8], final: UInt8) {
    guard final == UInt8(ascii: "M"), parameters.first == UInt8(ascii: "<") else { return nil }
    let numbers = parameters.dropFirst().split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
      .map { digits in
        ControlByte.areDigits(digits) && digits.count < 6 ? digits.reduce(0) { $0 * 10 + Int($1) - 48 } : -1
      }
    guard numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else { return nil }
    switch numbers[0] {
    case 0: kind = .click
    case 64: kind = .wheelUp
    case 65: kind = .wheelDown
    default: return nil
    }
    (column, row) = (numbers[1] - 1, numbers[2] - 1)
  }
}
