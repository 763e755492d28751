import Words

/// What a number may be that people wrote; a violation is a sentence.
package enum NumberRules {
  /// Seconds; thirty years.
  package static let longest = 1e9

  package static func whole(_ value: Int, _ what: @autoclosure () -> String, in range: ClosedRange<Int>) -> String? {
    if value < range.lowerBound { return notWhole(what(), least: range.lowerBound, found: "'\(value)'") }
    return value <= range.upperBound
      ? nil : "\(what()) is too large: \(value), at most \(range.upperBound) is possible"
  }

  package static func notWhole(_ what: String, least: Int, found: String) -> String {
    "\(what) must be a whole number of at least \(least), found \(found)"
  }

  /// A time that something may take.
  package static func seconds(_ value: Double, _ what: @autoclosure () -> String) -> String? {
    guard value > 0 else { return "\(what()) must be more than 0 seconds, found '\(Format.plain(value))'" }
    return value <= longest
      ? nil : "\(what()) is too large: \(Format.plain(value)) seconds, at most \(Format.plain(longest)) are possible"
  }
}
