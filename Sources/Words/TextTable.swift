/// Rows of text in columns that stand below each other on a terminal, whatever characters are in them.
public struct TextTable {
  private let rows: [[TerminalText]]
  private let widths: [Int]
  private let right: Set<Int>

  /// - Parameters:
  ///   - rows: all with as many cells; the first one may be titles.
  ///   - right: the columns whose cells stand at their right end, as numbers do.
  public init(_ rows: [[TerminalText]], right: Set<Int> = []) {
    self.rows = rows
    self.right = right
    widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].columns : 0 }.max() ?? 0
    }
  }

  /// The rows, two blanks between their cells; none ends in blanks.
  public var lines: [TerminalText] {
    rows.map { row in
      let used = (row.lastIndex { !$0.isEmpty } ?? -1) + 1
      return row[..<used].enumerated().map { column, cell in
        let isRight = right.contains(column)
        return column == used - 1 && !isRight ? cell : cell.padded(to: widths[column], isRight: isRight)
      }.joined(separator: "  ")
    }
  }
}
