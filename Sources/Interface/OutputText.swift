/// The output of a task as lines that can be shown: colours and cursor movements taken out, tabs made spaces.
enum OutputText {
  static let lineLimit = 1000

  static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    var column = 0
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      switch scalar.value {
      case 0x0A:
        lines.append(line)
        line = ""
        column = 0
      // A carriage return starts the line again, as progress bars do; one before a line feed changes nothing.
      case 0x0D: column = -1
      case 0x1B: skipSequence(&scalars)
      case 0x09:
        let width = 8 - max(0, column) % 8
        append(String(repeating: " ", count: width), &line, &column, width)
      case 0x08, 0x07, 0x00: break
      default: append(String(scalar), &line, &column, 1)
      }
      if lines.count > 2 * lineLimit { lines.removeFirst(lineLimit) }
    }
    if !line.isEmpty { lines.append(line) }
    return Array(lines.suffix(lineLimit))
  }

  private static func append(_ text: String, _ line: inout String, _ column: inout Int, _ width: Int) {
    if column < 0 {
      line = ""
      column = 0
    }
    line += text
    column += width
  }

  /// Skips what follows ESC: `[ … letter`, `] … BEL`, or one character.
  private static func skipSequence(_ scalars: inout String.UnicodeScalarView.Iterator) {
    guard let kind = scalars.next() else { return }
    if kind == "[" {
      while let next = scalars.next(), !(0x40...0x7E).contains(next.value), next.value != 0x0A {}
    } else if "]P^_X".unicodeScalars.contains(kind) {
      var last = kind
      while let next = scalars.next(), next.value != 7, next.value != 0x0A, !(last.value == 0x1B && next == "\\") {
        last = next
      }
    }
  }
}
