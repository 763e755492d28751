import Terminal
import Testing

@testable import Interface
import Words

@Suite struct CellTests {
  private func line(_ text: String, width: Int = 20, isASCII: Bool = false) -> String {
    var grid = CellGrid(size: CellSize(rows: 1, columns: width), isASCII: isASCII)
    grid.put(text, row: 0, column: 0)
    return grid.text(ofRow: 0)
  }

  @Test func hostileTextNeverReachesTheTerminal() {
    #expect(
      line("a\u{1B}[2Jb\u{7}\u{9B}31m\n\r\t\0c", width: 40) == #"a\x1b[2Jb\x07\x9b31m\n\r \x00c"#)
    // Marks that turn the direction of the text, and what would make two names look alike.
    #expect(
      line("a\u{202E}b\u{200D}c\u{2028}d\u{FEFF}", width: 40) == #"a\u202eb\u200dc\u2028d\ufeff"#)
    #expect(line("a\u{1B}b", width: 4) == #"a\x…"#)
    #expect(line("höhe 解析", isASCII: true) == "h?he ??")
    // A pile of marks stays in its cell.
    #expect(line("e" + String(repeating: "\u{301}", count: 50) + "x").unicodeScalars.count == 6)
    #expect(line("\u{301}x") == "x")
  }

  @Test func widthsAreColumns() {
    #expect(CellWidth.columns(of: "解析") == 4)
    #expect(CellWidth.columns(of: "e\u{301}") == 1)
    #expect(CellWidth.columns(of: "🚀") == 2)
    #expect(CellWidth.columns(of: "─│▒") == 3)
    #expect(CellWidth.columns(of: "각\u{11A8}") == 2)
  }

  @Test func longTextEndsInAnEllipsis() {
    #expect(line("0123456789", width: 6) == "01234…")
    #expect(line("0123456789", width: 6, isASCII: true) == "01234~")
    #expect(line("解析解析", width: 8) == "解析解析")
    #expect(line("解析解析", width: 7) == "解析解…")
    #expect(line("a解析解析", width: 8) == "a解析解…")
    #expect(line("解", width: 1) == "")
  }

  @Test func halfAWideCharacterIsNotLeft() {
    var grid = CellGrid(size: CellSize(rows: 1, columns: 6))
    grid.put("解析解", row: 0, column: 0)
    grid.put("x", row: 0, column: 1)
    grid.put("y", row: 0, column: 4)
    #expect(grid.text(ofRow: 0) == " x析y")
  }

  @Test func nothingIsDrawnOutside() {
    var grid = CellGrid(size: CellSize(rows: 2, columns: 4))
    for (row, column) in [(-1, 0), (2, 0), (0, 4), (0, -1)] { grid.put("no", row: row, column: column) }
    grid.fill("x", count: -3, row: 0, column: 0)
    grid.fill("x", count: 3, row: 5, column: 0)
    grid.select(row: 9, column: 0, count: 3)
    #expect(grid.text == "\n\n")
    #expect(grid.put("abcdef", row: 1, column: 2) == 2)
    #expect(grid.text == "\n  a…\n")
  }

  @Test func numbersForPeople() {
    #expect(Format.count(1_234_567) == "1,234,567")
    #expect(Format.count(999) == "999")
    #expect(Format.clock(3_723) == "1:02:03")
    #expect(Format.clock(-5) == "0:00")
    #expect(Format.clock(93_784) == "1d 02:03")
    #expect(Format.clock(.infinity) == "?")
    #expect(Format.measured(0.456) == "0.46s")
    #expect(Format.estimate(3_900) == "1h 05m")
    #expect(Format.bytes(1_536) == "1.5 KiB")
  }
}
