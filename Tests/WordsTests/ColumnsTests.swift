import TestSupport
import Testing
import Words

@Suite struct ColumnsTests {
  private static let letters = ["a", "b", " ", " ", "解", "e\u{301}", "🚀", "\t", "한", "\u{202E}", "-", "👩🏽", "\n"]

  private func random(_ numbers: inout SeededNumbers) -> String {
    (0..<Int.random(in: 0...30, using: &numbers)).map { _ in Self.letters.randomElement(using: &numbers) ?? "" }
      .joined()
  }

  @Test func `what is cut or wrapped fits, and nothing but blanks is lost`() {
    var numbers = SeededNumbers(7)
    for _ in 0..<5000 {
      let text = random(&numbers)
      // The widest of these takes six columns.
      let width = Int.random(in: 6...20, using: &numbers)
      func fits(_ part: some StringProtocol) -> Bool { CellWidth.columns(of: part) <= width }
      let flat = text.filter { $0 != "\n" }
      let lines = Columns.wrap(text, width: width)
      #expect(lines.allSatisfy(fits), "\(text.debugDescription) at \(width): \(lines)")
      #expect(lines.joined().filter { $0 != " " } == flat.filter { $0 != " " })
      if !text.contains("\n"), fits(text) { #expect(lines == [text], "a text that fits is as it was") }
      let pieces = Columns.pieces(flat, width: width)
      #expect(pieces.allSatisfy(fits) && pieces.joined() == flat)
      #expect(fits(Columns.cut(flat, to: width)) && fits(Columns.cutMiddle(flat, to: width)))
      #expect(fits(Columns.cutBeforeEnd(flat, to: width)))
      let (head, tail) = (Columns.prefix(flat[...], width), Columns.suffix(flat[...], width))
      #expect(fits(head) && flat.unicodeScalars.starts(with: head.unicodeScalars))
      #expect(fits(tail) && flat.unicodeScalars.reversed().starts(with: tail.unicodeScalars.reversed()))
      if fits(flat) { #expect(Columns.cutMiddle(flat, to: width) == flat && Columns.cut(flat, to: width) == flat) }
      if fits(flat) { #expect(CellWidth.columns(of: Columns.padded(flat, to: width)) == width) }
    }
  }

  @Test func `no width traps`() {
    for width in -2...3 {
      for text in ["", "a", "解析", "a b c", "🚀.17", ".", "...."] {
        _ = Columns.wrap(text, width: width)
        #expect(Columns.pieces(text, width: width).joined() == text)
        _ = (Columns.cut(text, to: width), Columns.cutMiddle(text, to: width), Columns.padded(text, to: width))
      }
    }
  }

  @Test func `blanks are kept, but where a line is broken`() {
    #expect(Columns.wrap("a    b", width: 10) == ["a    b"])
    #expect(Columns.wrap("  a  b", width: 10) == ["  a  b"])
    #expect(Columns.wrap("one two   three", width: 8) == ["one two", "three"])
    #expect(Columns.wrap("one two   three", width: 7) == ["one two", "three"])
    #expect(Columns.wrap("    longword", width: 8) == ["    long", "word"])
    #expect(Columns.wrap("a\n\nb", width: 8) == ["a", "", "b"])
    #expect(Columns.wrap("解析解析解析", width: 5) == ["解析", "解析", "解析"])
    #expect(Columns.wrap("解析 解析", width: 6) == ["解析", "解析"])
  }

  @Test(arguments: [
    ("molecular-dynamics.17", 14, "molecul…ics.17"), ("molecular-dynamics.123456", 12, "mole….123456"),
    ("molecular-dynamics.123456", 10, "mo….123456"), ("short.1", 14, "short.1"), ("分子动力学模拟计算.17", 12, "分子动…算.17"),
    ("abc.17", 1, "7"), ("abc.17", 0, ""), ("noMemberHere", 7, "noM…ere"), ("a.b.c.d.e.f.17", 8, "a.b.….17"),
    ("x." + String(repeating: "9", count: 40), 9, "x.99…9999"),
  ])
  func `a name that is cut shows its member`(_ name: String, _ width: Int, _ cut: String) {
    #expect(Columns.cutMiddle(name, to: width) == cut)
  }

  @Test func `a needle is found as it is written, or in other case`() throws {
    let needle = try #require(Needle("Error: Öl"))
    #expect(needle.occurs(in: "an ERROR: Öl!") && !needle.occurs(in: "an ERROR: öl") && !needle.occurs(in: "error"))
    #expect(Needle("") == nil)
    let text = "aXaxAxa"[...]
    #expect(try #require(Needle("ax")).ranges(in: text).map { text[$0] } == ["aX", "ax", "Ax"])
    var numbers = SeededNumbers(3)
    for _ in 0..<2000 {
      let hay = (0..<40).map { _ in "aAbB".randomElement(using: &numbers) ?? "a" }
      let want = (0..<Int.random(in: 1...5, using: &numbers)).map { _ in "aAbB".randomElement(using: &numbers) ?? "a" }
      let places = (0...(hay.count - want.count)).filter { start in
        String(hay[start..<(start + want.count)]).lowercased() == String(want).lowercased()
      }
      let needle = try #require(Needle(String(want)))
      let (first, last) = Array(String(hay).utf8).withUnsafeBytes { (needle.first(in: $0), needle.last(in: $0)) }
      #expect(first == places.first && last == places.last)
    }
  }
}
