/// What a program prints, as it comes, on its way to a terminal: each line as `PrintedText` has it, and a line that has no
/// end yet anew whenever more of it came.
///
/// What it hands out is to be written at once, one after the other.
public struct PrintedStream {
  /// The line that has no end yet.
  private var pending: [UInt8] = []
  /// Whether that line began before the pending bytes.
  private var isCut = false
  /// Its columns that are on the terminal.
  private var shown = 0
  /// Whether more of it came than is on the terminal.
  private var isBehind = false

  /// Bytes of a line without an end that are kept.
  private static let longest = 1 << 16

  public init() {}

  /// - Returns: the lines that have ended.
  public mutating func take(_ bytes: ArraySlice<UInt8>) -> TerminalText {
    var text: TerminalText = ""
    var rest = bytes
    while let feed = rest.firstIndex(of: 0x0A) {
      pending += rest[..<feed]
      text += redrawn(pendingText) + "\n"
      (pending, isCut, shown) = ([], false, 0)
      rest = rest[(feed + 1)...]
    }
    pending += rest
    if !rest.isEmpty { isBehind = true }
    if pending.count > Self.longest { text += shortenPending() }
    return text
  }

  /// - Parameter columns: of the terminal; in its last one a line would go over into the next.
  /// - Returns: the line that has no end yet, as far as the terminal has room for it; nothing when it is there already.
  public mutating func unfinished(columns: Int) -> TerminalText {
    guard isBehind else { return "" }
    isBehind = false
    let text = String(Columns.prefix(pendingText[...], max(1, columns - 1)))
    return text.isEmpty && shown == 0 ? "" : redrawn(text)
  }

  /// - Returns: the last line, if it has no end.
  public mutating func end() -> TerminalText {
    guard !pending.isEmpty else { return "" }
    return redrawn(pendingText) + "\n"
  }

  private var pendingText: String { PrintedText.line(pending[...], isCut: isCut) }

  /// Over what of it is on the terminal already.
  private mutating func redrawn(_ text: String) -> TerminalText {
    let columns = CellWidth.columns(of: text)
    let blanks = String(repeating: " ", count: max(0, shown - columns))
    let start: TerminalText = shown > 0 ? "\r" : ""
    shown = columns
    return "\(start)\(text)\(blanks)"
  }

  /// Of a progress bar that never ends its line only the last state is kept; what goes on and on is handed out in pieces.
  private mutating func shortenPending() -> TerminalText {
    if let start = pending.dropLast().lastIndex(of: 0x0D), start > 0 {
      pending.removeFirst(start)
      isCut = true
      return ""
    }
    let text = redrawn(pendingText)
    (pending, isCut, shown) = ([], false, 0)
    return text
  }
}
