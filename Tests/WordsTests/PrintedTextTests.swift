import TestSupport
import Testing
import Words

@Suite struct PrintedTextTests {
  private func line(_ text: String) -> String { PrintedText.line(Array(text.utf8)[...]) }

  @Test(arguments: [
    // What shows nothing.
    ("\u{1B}[1;31mred\u{1B}[0m\u{1B}]0;title\u{7}!", "red!"), ("\u{1B}]8;;x\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"),
    ("\u{1B}(Bplain\u{1B})0\u{1B}%G\u{1B} F\u{1B}#8", "plain"), ("\u{1B}[?25lhidden\u{1B}[?25h", "hidden"),
    ("a\u{0}b\u{7}c\u{7F}d", "abcd"), ("\u{1B}[38;2;1;2;3mtrue\u{1B}[m", "true"), ("\u{1B}Pq#0;2\u{1B}\\six", "six"),
    ("\u{9B}31mC1\u{9D}0;t\u{9C}!", "C1!"), ("\u{1B}[", ""), ("\u{1B}", ""), ("\u{1B}]0;never ended", ""),
    ("a\u{1B}[2 qb\u{1B}[>4;1mc\u{1B}[!p", "abc"), ("\u{1B}[12\u{18}x", "x"), ("\u{1B}[1A\u{1B}[2Mup", "up"),
    ("\u{1B}7\u{1B}[10;1Hstatus\u{1B}8", "status"), ("a\u{1B}=b\u{1B}>c\u{1B}Md", "abcd"),
    // What moves and erases within the line.
    ("10%\r50%\r100%", "100%"), ("windows\r", "windows"), ("long state\rshort", "shortstate"),
    ("long state\r\u{1B}[Kshort", "short"), ("long state\u{1B}[2K\rshort", "short"), ("abc\u{8}\u{8}X", "aXc"),
    ("abc\u{8} \u{8}", "ab "), ("\u{8}\u{8}a", "a"), ("b\u{8}bo\u{8}ol\u{8}ld\u{8}d", "bold"),
    ("_\u{8}u_\u{8}n", "un"), ("a\tb", "a       b"), ("12345678\tb", "12345678        b"), ("abc\r\tx", "abc     x"),
    ("abcdef\u{1B}[3D\u{1B}[K", "abc"), ("abc\u{1B}[1Dx", "abx"), ("ab\u{1B}[3Cc", "ab   c"), ("abc\u{1B}[Gx", "xbc"),
    ("abcdef\u{1B}[3G\u{1B}[2P", "abef"), ("abcdef\u{1B}[3G\u{1B}[2@", "ab  cdef"),
    ("abcdef\u{1B}[2G\u{1B}[2X", "a  def"),
    ("abc\u{1B}[1K", "   "), ("abc\u{1B}[1;2Hx", "axc"), ("-\u{1B}[4b", "-----"), ("old\u{1B}[2J\u{1B}[Hnew", "new"),
    ("gone\u{1B}cnew", "new"), ("a\u{1B}[s12\u{1B}[ub", "ab2"),
    // Characters of two columns, of none, and that turn the text.
    ("解析\rab", "ab析"), ("解析\u{8}x", "解 x"), ("ab析c\u{1B}[4G\u{1B}[K", "ab "), ("e\u{301}\u{8}x", "x"),
    ("ae\u{301}o\u{308}", "ae\u{301}o\u{308}"), ("a\u{202E}b", "a\\u202eb"), ("\u{301}x", "x"), ("👩🏽", "👩🏽"),
  ])
  func `a line is what a terminal shows of it`(_ printed: String, _ shown: String) {
    #expect(line(printed) == shown, "\(printed.debugDescription)")
  }

  @Test func `a movement ends where a terminal does`() {
    #expect(line("\u{1B}[9999Cx").count == 80)
    #expect(line("\u{1B}[9999999999999999999999Gx").count == 80)
    #expect(line(String(repeating: "\u{1B}[9999b-\u{1B}[9999b", count: 10_000)).count <= 1 << 16)
    #expect(line(String(repeating: "\t", count: 100_000) + "x").count <= 1 << 16)
  }

  @Test func `bytes of another encoding do no harm`() {
    #expect(PrintedText.line([0x68, 0xF6, 0x68, 0x65]) == "h\u{FFFD}he")
    #expect(PrintedText.line([0xFF, 0xFE, 0x41, 0x00]) == "\u{FFFD}\u{FFFD}A")
  }

  @Test func `lines end at line feeds`() {
    let text = "one\r\ntwo\n\n10%\r20%\u{1B}]0;open\nthree"
    #expect(PrintedText.lines(Array(text.utf8)) == ["one", "two", "", "20%", "three"])
    #expect(PrintedText.lines([]) == [])
    #expect(PrintedText.lines(Array("\n".utf8)) == [""])
  }

  @Test func `of a line that began before, what was written over is dropped`() {
    #expect(PrintedText.line(Array("state 1 of many\r2".utf8)[...], isCut: true) == "2")
    #expect(PrintedText.line(Array("the rest".utf8)[...], isCut: true) == "the rest")
    #expect(PrintedText.line(Array("the rest\r".utf8)[...], isCut: true) == "the rest")
  }

  @Test func `whatever the bytes are, no control character comes out`() {
    var numbers = SeededNumbers(5)
    let likely = Array("\u{1B}[]()PX^_0123456789;?ABCDGHKJPX@b\r\u{8}\t\u{7}\u{9B}解e\u{301}👩\u{202E}".utf8)
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...60, using: &numbers)).map { _ in
        Bool.random(using: &numbers)
          ? likely.randomElement(using: &numbers) ?? 0 : UInt8.random(in: 0...255, using: &numbers)
      }
      for text in PrintedText.lines(bytes) + [PrintedText.lastLine(of: bytes), PrintedText.line(bytes[...])] {
        #expect(!text.unicodeScalars.contains { CellWidth.kind(of: $0) == .control }, "\(bytes)")
      }
    }
  }

  @Test(arguments: [
    ("this is why\n", "this is why"), ("first\n  last  \n\n \t\r\n", "last"), ("windows\r\n", "windows"),
    ("why\n-----\n=====\n", "why"), ("-----\n", "-----"), ("why\nsrun: error: exit 1\n", "why"),
    ("srun: error: exit 1\n", "srun: error: exit 1"), ("", ""), (" \n\t\n", ""),
    ("\r 10%|#   | 1/10\r 50%|##  | 5/10\r100%|####| 10/10", "100%|####| 10/10"),
    ("\u{1B}[31mError: no water\u{1B}[0m\u{1B}(B\n", "Error: no water"), ("错误：没有水\n", "错误：没有水"),
    ("fine\n\u{1B}]0;title\u{7}\n", "fine"), ("bad\u{8}\u{8}\u{8}good\n", "good"),
  ])
  func `the last line says why`(_ printed: String, _ reason: String) {
    #expect(PrintedText.lastLine(of: printed) == reason)
  }

  @Test func `a long last line keeps its ends`() {
    let text = PrintedText.lastLine(of: "head" + String(repeating: "x", count: 5000) + "tail")
    #expect(text.hasPrefix("headx") && text.hasSuffix("xtail") && text.contains(" … ") && text.count <= 310)
  }
}

/// What comes in pieces, on a terminal.
@Suite struct PrintedStreamTests {
  /// What a terminal of these columns was written, and what it shows.
  private struct Terminal {
    var stream = PrintedStream()
    var written = ""
    var columns = 20

    mutating func take(_ text: String) { written += stream.take(Array(text.utf8)[...]).text }
    mutating func pause() { written += stream.unfinished(columns: columns).text }
    mutating func end() { written += stream.end().text }
    var shown: [String] { PrintedText.lines(Array(written.utf8)).map { $0.replacing(/[ ]+$/, with: "") } }
  }

  @Test func `lines are shown when they have ended, others anew when more came`() {
    var terminal = Terminal()
    terminal.take("one\n\u{1B}[31mtw")
    #expect(terminal.written == "one\n")
    terminal.pause()
    #expect(terminal.written == "one\ntw")
    terminal.pause()
    terminal.take("o\n")
    #expect(terminal.written == "one\ntw\rtwo\n" && terminal.shown == ["one", "two"])
    terminal.take("10 % of all\r20 %")
    terminal.pause()
    terminal.take("\r\u{1B}[Kdone")
    terminal.end()
    #expect(terminal.shown == ["one", "two", "done"])
  }

  @Test func `a part of a line is never wider than its terminal, and none of it stays`() {
    var terminal = Terminal(columns: 8)
    terminal.take("0123456789")
    terminal.pause()
    #expect(terminal.written == "0123456")
    terminal.take("\r解析\n")
    #expect(terminal.written == "0123456\r解析456789\n")
    terminal = Terminal(columns: 8)
    terminal.take("0123")
    terminal.pause()
    terminal.take("\u{1B}[2K\r解\n")
    #expect(terminal.written == "0123\r解  \n")
  }

  @Test func `a line without an end takes no memory, and is shown`() {
    var terminal = Terminal()
    for number in 0..<20_000 { terminal.take("\rstep \(number)") }
    terminal.end()
    #expect(terminal.shown == ["step 19999"])
    terminal = Terminal()
    for _ in 0..<100 { terminal.take(String(repeating: "x", count: 10_000)) }
    terminal.end()
    #expect(terminal.written.utf8.count == 1_000_001)
  }

  @Test func `whatever comes in whatever pieces, a terminal gets characters`() {
    var numbers = SeededNumbers(4)
    for _ in 0..<2000 {
      var terminal = Terminal()
      for _ in 0..<8 {
        let bytes = (0..<Int.random(in: 0..<12, using: &numbers)).map { _ in
          Bool.random(using: &numbers)
            ? UInt8.random(in: 0...255, using: &numbers)
            : Array("\u{1B}[]\n\r;1KmHxé解".utf8).randomElement(using: &numbers) ?? 0
        }
        terminal.written += terminal.stream.take(bytes[...]).text
        terminal.pause()
      }
      terminal.end()
      for scalar in terminal.written.unicodeScalars where scalar != "\n" && scalar != "\r" {
        #expect(scalar.properties.generalCategory != .control)
      }
    }
  }
}
