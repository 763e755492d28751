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
