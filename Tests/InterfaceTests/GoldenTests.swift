import SessionModel
import Testing

@testable import Interface
@testable import Terminal

#if canImport(Glibc)
  import Glibc
#endif

/// Screens as they were looked at and found good. `make goldens` writes them, and shows which changed.
@Suite struct GoldenTests {
  private static let sizes = [(40, 10), (50, 15), (80, 24), (120, 40), (200, 60)]

  /// Every screen at every size: as text, how it looks in colour and without, and which lines are others in ASCII.
  @Test(arguments: GoldenScreen.all.map(\.name), sizes)
  func `each screen`(_ name: String, _ size: (columns: Int, rows: Int)) throws {
    let screen = try #require(GoldenScreen.all.first { $0.name == name })
    let cells = CellSize(rows: size.rows, columns: size.columns)
    let grid = screen.draw(false, cells)
    var text = grid.text
    for (words, theme) in [("colour", Theme.standard), ("black and white", .mono)] {
      text += "=== in \(words)\n" + grid.looks(in: theme)
    }
    text += "=== lines that are others in ASCII\n"
    for (row, (line, ascii)) in zip(lines(grid.text), lines(screen.draw(true, cells).text)).enumerated()
    where line != ascii {
      text += "\(row):\(ascii)\n"
    }
    try check(text, "\(name)-\(size.columns)x\(size.rows)")
  }

  /// What the README's picture is drawn from.
  @Test(arguments: [("color", Theme.standard), ("light", .light)])
  func looks(_ name: String, _ theme: Theme) throws {
    var fixture = Fixture.busy(isFlat: false)
    fixture.press(.right, .character("j"), .character(" "), .character("j"))
    try check(fixture.screen().styledText(in: theme), "looks-80x24-\(name)")
  }

  @Test func help() throws {
    var fixture = Fixture.busy(rows: 70)
    fixture.press(.character("?"))
    try check(fixture.screen().text, "help-80x70")
  }

  private func check(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let directory = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(directory)/Goldens/\(name).txt"
    if getenv("UPDATE_GOLDENS") != nil {
      let file = try #require(fopen(path, "w"))
      fputs(text, file)
      fclose(file)
      return
    }
    let file = try #require(fopen(path, "r"), "no golden \(name): 'make goldens' writes it")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    let golden = String(decoding: bytes, as: UTF8.self)
    let difference = zip(lines(golden), lines(text)).enumerated().filter { $0.element.0 != $0.element.1 }
      .map { "\($0.offset + 1) was \($0.element.0)\n\($0.offset + 1)  is \($0.element.1)" }
    #expect(golden == text, "\(name):\n\(difference.joined(separator: "\n"))", sourceLocation: location)
  }

  private func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}

extension CellGrid {
  /// Where text looks other than plain: `4-6: 1 bold 9-28 cyan` are columns of the rows 4 to 6.
  fileprivate func looks(in theme: Theme) -> String {
    var groups: [(first: Int, last: Int, looks: String)] = []
    for row in 0..<size.rows {
      let looks = looks(ofRow: row, in: theme)
      if groups.last?.looks == looks { groups[groups.count - 1].last = row } else { groups.append((row, row, looks)) }
    }
    return groups.filter { !$0.looks.isEmpty }
      .map { ($0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)") + ":\($0.looks)\n" }.joined()
  }

  private func looks(ofRow row: Int, in theme: Theme) -> String {
    var result = ""
    var column = 0
    while column < size.columns {
      let look = style(row: row, column: column).appearance(in: theme)
      let start = column
      while column < size.columns, style(row: row, column: column).appearance(in: theme) == look { column += 1 }
      guard look != Appearance() else { continue }
      result += column - start == 1 ? " \(start)" : " \(start)-\(column - 1)"
      result += " " + look.words.replacing(" ", with: "+")
    }
    return result
  }
}
