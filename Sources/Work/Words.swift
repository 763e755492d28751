import Words

/// `1 core`, `3 cores`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// At most 40 characters of the first line, as a terminal may show them.
package func shortened(_ text: String) -> String {
  let line = text.prefix { !$0.isNewline }
  return TerminalText(line.count > 40 || line.count < text.count ? line.prefix(37) + "..." : line).text
}
