/// `1 core`, `3 cores`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// At most 40 characters of the first line, without control characters, which would act on a terminal.
package func shortened(_ text: String) -> String {
  let line = text.prefix { !$0.isNewline }
  let shown = line.count > 40 || line.count < text.count ? line.prefix(37) + "..." : line
  let isControl: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
  guard shown.unicodeScalars.contains(where: isControl) else { return String(shown) }
  return String(String.UnicodeScalarView(shown.unicodeScalars.map { isControl($0) ? "\u{fffd}" : $0 }))
}

/// A number without a needless fraction; any number, also one that no `Int` can hold.
package func plainNumber(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

/// Why a task that ran too long is FAILED.
package func timeLimitPassed(_ seconds: Double) -> String { "its time limit of \(plainNumber(seconds)) s passed" }

extension Duration {
  /// A number of seconds from outside: none that is too large, negative or no number at all makes a trap.
  package static func bounded(seconds: Double) -> Duration {
    .seconds(seconds > 0 ? min(seconds, NumberRules.longest) : 0)
  }
}
