// Numbers come from files, peers and clocks: none of them may trap on its way into a whole number or a duration.

extension FixedWidthInteger {
  /// The whole number nearest to zero from a value, within what this type holds; 0 for what is no number.
  public init(saturating value: Double) {
    self = Self(exactly: value.rounded(.towardZero)) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
  }
}

extension Duration {
  /// What is longer is as good as for ever: thirty years.
  private static let longest = 1e9

  /// So many seconds, within what can be added to a time; none for what is no number, or is negative.
  public init(saturating seconds: Double) {
    self = .seconds(seconds > 0 ? min(seconds, Self.longest) : 0)
  }

  public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

  /// For people: `60 s`, `0.25 s`.
  public var text: String { Format.plainSeconds(seconds) }
}
