/// What a program printed, line by line, as a terminal would show it.
///
/// A line is what stands before a line feed. Within it a terminal's rules hold: a carriage return goes back to its start
/// and what comes then is written over what was there (a progress bar shows its last state), a backspace goes back by
/// one, a tab to the next eighth column; sequences that erase, insert or move within the line do so. All others (colours,
/// titles, character sets, movements to other lines) show nothing. Whatever the bytes are, there is no control
/// character in what comes out.
public enum PrintedText {
  /// The columns of a line that are kept: more than any reader asks for.
  static let columnLimit = 1 << 16

  /// One line, without the line feed that ended it.
  ///
  /// - Parameter isCut: whether the line begins before these bytes.
  public static func line(_ bytes: ArraySlice<UInt8>, isCut: Bool = false) -> String {
    var bytes = bytes
    // What is before the first return is the rest of something that was written over.
    if isCut, let start = bytes.firstIndex(of: 0x0D), start + 1 < bytes.endIndex { bytes = bytes[(start + 1)...] }
    if bytes.last == 0x0D { bytes.removeLast() }
    // What nearly every line is.
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: bytes, as: UTF8.self) }
    var line = PrintedLine()
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { line.take(scalar) }
    return line.text
  }

  /// All lines; the last one may lack its line feed.
  public static func lines(_ bytes: [UInt8]) -> [String] {
    var pieces = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if pieces.last?.isEmpty ?? false { pieces.removeLast() }
    return pieces.map { line($0) }
  }

  /// The bytes from the end of a file in which ``lastLine(of:isCut:)`` finds what it looks for.
  public static let reach = 8192

  /// The last line that says something, for a sentence on why a program failed; empty when there is none.
  ///
  /// That is one with letters or digits, for launchers of MPI frame what they say with lines of dashes, and not one of
  /// srun's, which say the exit code once more; else the last one that is not blank. A long one loses its middle.
  ///
  /// - Parameter isCut: whether the text began before these bytes.
  public static func lastLine(of bytes: [UInt8], isCut: Bool = false) -> String {
    var second = ""
    var third = ""
    let pieces = bytes.split(separator: 0x0A)
    for (index, piece) in zip(pieces.indices, pieces).reversed() {
      let text = trimmed(line(piece, isCut: isCut && index == pieces.startIndex))
      if text.isEmpty { continue }
      guard text.unicodeScalars.contains(where: { $0.properties.isAlphabetic || $0.properties.numericType != nil })
      else {
        if third.isEmpty { third = text }
        continue
      }
      if !text.hasPrefix("srun: ") { return shortened(text) }
      if second.isEmpty { second = text }
    }
    return shortened(second.isEmpty ? third : second)
  }

  public static func lastLine(of text: String) -> String { lastLine(of: Array(text.utf8)) }

  private static let lastLineLimit = 300

  /// A text cut to a readable length: its beginning and its end.
  public static func shortened(_ text: String) -> String {
    guard text.count > lastLineLimit else { return text }
    return text.prefix(lastLineLimit / 2) + " … " + text.suffix(lastLineLimit / 2)
  }

  private static func trimmed(_ text: String) -> String {
    func isBlank(_ character: Character) -> Bool { character.isWhitespace }
    guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(text[first...last])
  }
}

/// One line of a terminal, written character by character.
struct PrintedLine {
  private enum State {
    case ground
    case escape
    /// Behind `ESC` and an intermediate, as in `ESC ( B`.
    case intermediate
    case sequence
    /// A title, a link, a picture: up to its end nothing is shown.
    case string
    case stringEscape
  }

  /// What stands in each column; `nil` is the right half of the character before.
  private var cells: [String?] = []
  private var column = 0
  private var savedColumn = 0
  private var lastPrinted: Unicode.Scalar?
  private var state = State.ground
  private var sequence = Parameters()

  /// A terminal stops a movement to the right at its edge; this one is as wide as what was written, and at least this.
  private static let leastColumns = 80

  var text: String { cells.reduce(into: "") { text, cell in if let cell { text += cell } } }

  mutating func take(_ scalar: Unicode.Scalar) {
    switch state {
    case .ground: takePlain(scalar)
    case .escape: takeEscape(scalar)
    case .intermediate:
      if !takeControl(scalar), !(0x20...0x2F).contains(scalar.value) { state = .ground }
    case .sequence: takeSequence(scalar)
    case .string:
      switch scalar.value {
      case 0x07, 0x9C, 0x18, 0x1A: state = .ground
      case 0x1B: state = .stringEscape
      default: break
      }
    case .stringEscape:
      state = .escape
      if scalar == "\\" { state = .ground } else { takeEscape(scalar) }
    }
  }

  private mutating func takePlain(_ scalar: Unicode.Scalar) {
    if takeControl(scalar) { return }
    let isFirst = column == 0 || column > cells.count
    switch CellWidth.kind(of: scalar, after: isFirst ? nil : lastPrinted) {
    case .wide(let width):
      write(scalar, width)
      lastPrinted = scalar
    case .combining: join(scalar)
    // It would turn or hide text: it is shown as its escape.
    case .control: for part in CellWidth.escape(of: scalar).unicodeScalars { write(part, 1) }
    case .invisible: break
    }
  }

  /// Obeys a control character, which may also stand inside of a sequence.
  private mutating func takeControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x08: column = max(0, column - 1)
    case 0x09: column = min(PrintedText.columnLimit, (column / 8 + 1) * 8)
    case 0x0D: column = 0
    case 0x18, 0x1A: state = .ground
    case 0x1B: state = .escape
    case 0x9B:
      sequence = Parameters()
      state = .sequence
    case 0x90, 0x98, 0x9D, 0x9E, 0x9F: state = .string
    case 0x00..<0x20, 0x7F..<0xA0: break
    default: return false
    }
    return true
  }

  private mutating func takeEscape(_ scalar: Unicode.Scalar) {
    state = .ground
    switch scalar {
    case "[":
      sequence = Parameters()
      state = .sequence
    case "]", "P", "X", "^", "_": state = .string
    case " "..."/": state = .intermediate
    case "7": savedColumn = column
    case "8": column = savedColumn
    case "E": column = 0
    case "c":
      cells = []
      column = 0
    default: _ = takeControl(scalar)
    }
  }

  private mutating func takeSequence(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x20...0x3F: sequence.take(scalar)
    case 0x40...0x7E:
      state = .ground
      if sequence.isPlain { obey(scalar) }
    default:
      // It ends unheard where no sequence can go on.
      if !takeControl(scalar) {
        state = .ground
        takePlain(scalar)
      }
    }
  }

  private mutating func obey(_ final: Unicode.Scalar) {
    let count = max(1, sequence[0])
    switch final {
    case "K", "J": erase(sequence[0])
    case "C", "a": move(to: column + count)
    case "D": move(to: column - count)
    case "G", "`": move(to: count - 1)
    case "H", "f": move(to: max(1, sequence[1]) - 1)
    case "E", "F": move(to: 0)
    case "X": for at in column..<max(column, min(cells.count, column + count)) { blank(at) }
    case "P":
      guard column < cells.count else { return }
      split(at: column)
      split(at: min(cells.count, column + count))
      cells.removeSubrange(column..<min(cells.count, column + count))
    case "@":
      guard column < cells.count, cells.count + count <= PrintedText.columnLimit else { return }
      split(at: column)
      cells.insert(contentsOf: repeatElement(" ", count: count), at: column)
    case "b":
      guard let lastPrinted, case .wide(let width) = CellWidth.kind(of: lastPrinted) else { return }
      for _ in 0..<min(count, Self.leastColumns) { write(lastPrinted, width) }
    case "s": savedColumn = column
    case "u": column = savedColumn
    default: break
    }
  }

  private mutating func move(to column: Int) {
    self.column = max(0, min(column, max(self.column, cells.count, Self.leastColumns - 1)))
  }

  /// Erases from the cursor on (0), up to it (1), or all (2 and 3).
  private mutating func erase(_ what: Int) {
    switch what {
    case 0:
      guard column < cells.count else { return }
      split(at: column)
      cells.removeLast(cells.count - column)
    case 1: for at in 0..<min(cells.count, column + 1) { blank(at) }
    case 2, 3: cells = []
    default: break
    }
  }

  private mutating func write(_ scalar: Unicode.Scalar, _ width: Int) {
    guard column + width <= PrintedText.columnLimit else { return }
    while cells.count < column { cells.append(" ") }
    for at in column..<min(cells.count, column + width) { blank(at) }
    while cells.count < column + width { cells.append(" ") }
    cells[column] = String(scalar)
    if width == 2 { cells[column + 1] = nil }
    column += width
  }

  /// A mark joins the character before the cursor.
  private mutating func join(_ mark: Unicode.Scalar) {
    var at = min(column, cells.count) - 1
    if at > 0, cells[at] == nil { at -= 1 }
    guard at >= 0, at + 2 >= column, var cell = cells[at],
      cell.unicodeScalars.count <= CellWidth.marksPerCharacter
    else { return }
    cell.unicodeScalars.append(mark)
    cells[at] = cell
  }

  /// Half of a wide character cannot stay.
  private mutating func blank(_ at: Int) {
    if cells[at] == nil, at > 0 { cells[at - 1] = " " }
    if at + 1 < cells.count, cells[at + 1] == nil { cells[at + 1] = " " }
    cells[at] = " "
  }

  /// Makes sure that no wide character stands on both sides of a column.
  private mutating func split(at column: Int) {
    if column > 0, column < cells.count, cells[column] == nil {
      cells[column - 1] = " "
      cells[column] = " "
    }
  }

  /// The numbers of a sequence.
  private struct Parameters {
    private var numbers = [0]
    /// Whether the sequence has nothing but numbers: with a mark or an intermediate it means something else.
    private(set) var isPlain = true

    subscript(index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }

    mutating func take(_ scalar: Unicode.Scalar) {
      switch scalar {
      case "0"..."9":
        let last = numbers.count - 1
        numbers[last] = min(9999, numbers[last] * 10 + Int(scalar.value - 48))
      case ";": if numbers.count < 16 { numbers.append(0) }
      default: isPlain = false
      }
    }
  }
}
