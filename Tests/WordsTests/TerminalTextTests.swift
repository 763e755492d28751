import Testing
import Words

/// What anybody wrote, on its way to a terminal.
@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("\u{1B}[31mred\u{1B}]0;title\u{7}", #"\x1b[31mred\x1b]0;title\x07"#),
    ("one\ntwo\r\nthree\rfour", #"one\ntwo\r\nthree\rfour"#), ("a\tb", "a b"), ("\0\u{8}\u{7F}", #"\x00\x08\x7f"#),
    ("\u{9B}31m\u{85}\u{90}", #"\x9b31m\x85\x90"#), ("\u{202E}txt.exe\u{2066}\u{200F}", #"\u202etxt.exe\u2066\u200f"#),
    ("a\u{200B}b\u{2060}c\u{FEFF}d\u{AD}e", #"a\u200bb\u2060c\ufeffd\xade"#),
    ("a\u{2028}b\u{2029}", #"a\u2028b\u2029"#), ("\u{E0041}\u{E0100}\u{FE00}", #"\U000e0041\U000e0100\ufe00"#),
    ("sim\u{200D}", #"sim\u200d"#), ("sim\u{FE0F}", #"sim\ufe0f"#), ("\u{3164}\u{115F}\u{34F}", #"\u3164\u115f\u034f"#),
    ("\u{FFF9}a\u{FFFB}", #"\ufff9a\ufffb"#),
    // Honest text stays: names, sums, other scripts, emoji, what was no UTF-8.
    (#"C:\new "x" 'y' $z"#, #"C:\new "x" 'y' $z"#), ("höhe 解析 ε≈½ שלום", "höhe 解析 ε≈½ שלום"), ("e\u{301}", "e\u{301}"),
    ("⚠\u{FE0F} 👩\u{200D}🔬", "⚠ 👩🔬"), ("می\u{200C}خواهم", "میخواهم"), ("a\u{FFFD}b", "a\u{FFFD}b"),
    ("e" + String(repeating: "\u{301}", count: 50), "e\u{301}\u{301}\u{301}\u{301}"),
  ]) func `what could harm a terminal is shown as its escape`(text: String, shown: String) {
    #expect(TerminalText(text).text == shown)
    #expect(("\(text)" as TerminalText).text == shown)
    #expect(CellWidth.columns(of: text) == CellWidth.columns(of: shown))
    #expect(TerminalText(shown).text == shown, "once is enough")
  }

  @Test func `no scalar reaches a terminal that is none of its characters`() {
    for value in 0...UInt32(0x10FFFF) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for scalar in TerminalText(String(scalar)).text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: Issue.record("\(value)")
        default: #expect(!scalar.properties.isDefaultIgnorableCodePoint, "\(value)")
        }
      }
    }
  }

  @Test func `lines of the program are lines, those of others are not`() {
    let (name, feed) = ("a\nb", "\n")
    #expect(("one \(name)\ntwo\n" as TerminalText).text == "one a\\nb\ntwo\n")
    #expect(("[\("\(name)\n" as TerminalText)]" as TerminalText).text == "[a\\nb\n]")
    #expect(TerminalText.lines("a\u{1B}\nb\r\n\nc").text == "a\\x1b\nb\\r\n\nc")
    #expect((("a\n" + TerminalText(name)) as TerminalText).text == "a\na\\nb")
    #expect([TerminalText(feed), "x"].joined(separator: ",\n").text == "\\n,\nx")
    #expect(("\(42) \([name])" as TerminalText).text == #"42 ["a\nb"]"#)
  }

  @Test func `tables stand below each other, whatever is in them`() {
    let table = TextTable(
      [["NAME", "N", ""], ["解析", "7", "x"], ["\("e\u{301}\n")", "10", ""], ["🚀", "", ""], ["", "", "y"]], right: [1])
    #expect(table.lines.map(\.text) == ["NAME   N", "解析   7  x", "e\u{301}\\n   10", "🚀", "          y"])
    #expect(TextTable([]).lines.isEmpty)
  }
}
