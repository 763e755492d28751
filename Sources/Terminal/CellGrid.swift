import Words

/// Rows and columns of a screen.
public struct CellSize: Equatable, Sendable {
  public var rows: Int
  public var columns: Int

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// Seam 3: what a frame is shown on.
public protocol Canvas: AnyObject {
  var size: CellSize { get }
  /// Shows a frame; what did not change since the last one costs no output.
  func show(_ frame: CellGrid)
}

/// A frame: a character and a style for every cell of the screen.
///
/// Text of any origin may be put: control characters, and what hides or turns text, come out as escapes (`CellWidth`).
public struct CellGrid: Equatable, Sendable {
  struct Cell: Equatable {
    /// A scalar; above Unicode an index of `clusters`; 0 in the right half of a wide character.
    var code: UInt32
    var style: Style
    static let blank = Cell(code: 32, style: .plain)
  }

  public let size: CellSize
  /// Whether only ASCII may be shown.
  public let isASCII: Bool
  /// Where the terminal's cursor stands; `nil` hides it.
  public var cursor: (row: Int, column: Int)?
  var cells: [Cell]
  private var clusters: [String] = []

  private static let clusterBase: UInt32 = 0x110000

  public init(size: CellSize, isASCII: Bool = false) {
    let size = CellSize(rows: max(0, size.rows), columns: max(0, size.columns))
    self.size = size
    self.isASCII = isASCII
    cells = Array(repeating: .blank, count: size.rows * size.columns)
  }

  public static func == (a: CellGrid, b: CellGrid) -> Bool {
    a.size == b.size && a.cursor?.row == b.cursor?.row && a.cursor?.column == b.cursor?.column
      && (0..<a.size.rows).allSatisfy { a.rowEquals(b, $0) }
  }

  /// Puts one line of text and returns the columns it took, at most `width`.
  ///
  /// A text that does not fit ends in an ellipsis; what lies outside the grid is dropped.
  @discardableResult
  public mutating func put(
    _ text: String, row: Int, column: Int, width: Int = .max, style: Style = .plain
  ) -> Int {
    guard row >= 0, row < size.rows, column >= 0, column < size.columns, width > 0 else { return 0 }
    let end = width > size.columns - column ? size.columns : column + width
    let base = row * size.columns
    var at = column
    var last = -1
    /// False when there is no room for it: the text goes on, which its last column says.
    func place(_ code: UInt32, _ needed: Int) -> Bool {
      guard at + needed <= end else {
        if at < end { set(base, at, 32, style) }
        if last >= 0 { set(base, end - 1, isASCII ? 126 : 0x2026, style) }
        return false
      }
      set(base, at, code, style)
      if needed == 2 { cells[base + at + 1] = Cell(code: 0, style: style) }
      last = at
      at += needed
      return true
    }
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      let code = scalar.value
      if code >= 0x20, code < 0x7F {
        guard place(code, 1) else { return end - column }
      } else {
        switch CellWidth.kind(of: scalar, after: previous) {
        case .wide(let columns):
          guard isASCII ? place(63, 1) : place(code, columns) else { return end - column }
        case .control:
          for shown in CellWidth.escape(of: scalar).unicodeScalars {
            guard place(shown.value, 1) else { return end - column }
          }
        case .combining: if !isASCII, last >= 0 { combine(scalar, at: base + last) }
        case .invisible: break
        }
      }
      previous = scalar
    }
    return at - column
  }

  /// Puts the same character into `count` cells.
  public mutating func fill(_ character: Unicode.Scalar, count: Int, row: Int, column: Int, style: Style = .plain) {
    guard row >= 0, row < size.rows, column >= 0 else { return }
    let base = row * size.columns
    for at in column..<max(column, min(size.columns, column + max(0, count))) { set(base, at, character.value, style) }
  }

  /// Marks a part of a row as being under the cursor; what stands there keeps its role.
  public mutating func select(row: Int, column: Int, count: Int) {
    guard row >= 0, row < size.rows, column >= 0 else { return }
    for at in column..<max(column, min(size.columns, column + max(0, count))) {
      cells[row * size.columns + at].style.isSelected = true
    }
  }

  /// Makes every cell blank and hides the cursor; keeps the memory.
  public mutating func clear() {
    for index in cells.indices { cells[index] = .blank }
    clusters.removeAll(keepingCapacity: true)
    cursor = nil
  }

  private mutating func set(_ base: Int, _ column: Int, _ code: UInt32, _ style: Style) {
    let index = base + column
    // Half of a wide character cannot stay.
    if cells[index].code == 0, column > 0 { cells[index - 1].code = 32 }
    if column + 1 < size.columns, cells[index + 1].code == 0 { cells[index + 1].code = 32 }
    cells[index] = Cell(code: code, style: style)
  }

  private mutating func combine(_ mark: Unicode.Scalar, at index: Int) {
    var text = self.text(of: cells[index])
    guard text.unicodeScalars.count <= CellWidth.marksPerCharacter else { return }
    text.unicodeScalars.append(mark)
    cells[index].code = Self.clusterBase + UInt32(clusters.count)
    clusters.append(text)
  }

  func text(of cell: Cell) -> String {
    if cell.code >= Self.clusterBase { return clusters[Int(cell.code - Self.clusterBase)] }
    return Unicode.Scalar(cell.code).map { String($0) } ?? "?"
  }

  /// Whether a row looks the same in both; sizes must be equal.
  func rowEquals(_ other: CellGrid, _ row: Int) -> Bool {
    let range = (row * size.columns)..<((row + 1) * size.columns)
    for index in range {
      let (a, b) = (cells[index], other.cells[index])
      guard a.style == b.style else { return false }
      if a.code == b.code, a.code < Self.clusterBase { continue }
      if a.code == 0 || b.code == 0 { return false }
      guard text(of: a) == other.text(of: b) else { return false }
    }
    return true
  }
}

extension CellGrid {
  /// The characters of a row, without what is blank at its end.
  public func text(ofRow row: Int) -> String {
    guard row >= 0, row < size.rows else { return "" }
    var result = ""
    for index in (row * size.columns)..<((row + 1) * size.columns) where cells[index].code != 0 {
      result += text(of: cells[index])
    }
    while result.last == " " { result.removeLast() }
    return result
  }

  /// The whole frame as text, a line a row.
  public var text: String { (0..<size.rows).map { text(ofRow: $0) + "\n" }.joined() }

  /// The style of a cell; plain outside the grid.
  public func style(row: Int, column: Int) -> Style {
    guard row >= 0, row < size.rows, column >= 0, column < size.columns else { return .plain }
    return cells[row * size.columns + column].style
  }

  /// The frame with the looks of its text written before it, as `{bold red}`; `{}` is plain. For tests.
  public func styledText(in theme: Theme) -> String {
    var result = ""
    for row in 0..<size.rows {
      var look = Appearance()
      var line = ""
      for index in (row * size.columns)..<((row + 1) * size.columns) where cells[index].code != 0 {
        let next = cells[index].style.appearance(in: theme)
        if next != look { line += "{\(next.words)}" }
        look = next
        line += text(of: cells[index])
      }
      if look == Appearance() { while line.last == " " { line.removeLast() } }
      result += line + "\n"
    }
    return result
  }
}

extension Appearance {
  /// `bold red reverse`
  var words: String {
    var words: [String] = []
    if bold { words.append("bold") }
    if dim { words.append("dim") }
    if underline { words.append("underline") }
    if let color { words.append("\(color)") }
    if let background { words.append("on \(background)") }
    if reverse { words.append("reverse") }
    return words.joined(separator: " ")
  }
}
