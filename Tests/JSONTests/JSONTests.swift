import TestSupport
import Testing

@testable import JSON

@Suite struct JSONTests {
  private func text(_ json: String) throws -> String {
    try Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      let token = try scanner.string()
      try scanner.finish()
      return token.text
    }
  }

  private func scan<T>(_ json: String, _ body: (inout JSONScanner) throws -> T) rethrows -> T {
    try Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return try body(&scanner)
    }
  }

  @Test func `escapes are read as JSON defines them`() throws {
    #expect(try text(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{c}\n\r\t")
    #expect(try text(#""\u0041\u00e9\u65E5""#) == "Aé日")
    #expect(try text(#""\ud83d\udc69""#) == "\u{1f469}")
    #expect(try text(#""\u0000""#) == "\u{0}")
  }

  @Test func `half a pair of surrogates becomes the replacement character`() throws {
    #expect(try text(#""\ud83d""#) == "\u{fffd}")
    #expect(try text(#""\udc69x""#) == "\u{fffd}x")
    #expect(try text(#""\ud83d\u0041""#) == "\u{fffd}A")
    #expect(try text(#""\ud83d\ud83d\udc69""#) == "\u{fffd}\u{1f469}")
    #expect(throws: JSONScanner.SyntaxError.self) { try text(#""\""#) }
    #expect(throws: JSONScanner.SyntaxError.self) { try text(#""no end"#) }
  }

  @Test func `bytes that are no UTF-8 do not stop the reader`() throws {
    let bytes: [UInt8] = [0x22, 0x61, 0xff, 0xc3, 0x22]
    let text = try bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return try scanner.string().text
    }
    #expect(text == "a\u{fffd}\u{fffd}")
  }

  @Test func `control characters are written as escapes`() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("x", "\u{0}\u{1f}\u{7f}\n\t\r\"\\é")
    writer.endObject()
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"x":"\u0000\u001f\u007f\n\t\r\"\\é"}"#)
  }

  @Test(arguments: [
    (0, "0"), (1, "0.000001"), (-1, "-0.000001"), (100_000, "0.1"), (1_000_000, "1"), (-1_500_000, "-1.5"),
    (1_785_571_200_123_456, "1785571200.123456"), (1_785_571_200_000_010, "1785571200.00001"),
  ])
  func `times are written in seconds and read back to the microsecond`(_ microseconds: Int64, _ text: String) throws {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("t", microseconds: microseconds)
    writer.endObject()
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "{\"t\":\(text)}")
    #expect(try scan(text) { try $0.microseconds() } == microseconds)
  }

  @Test func `digits beyond the microsecond are dropped`() throws {
    #expect(try scan("1.1234567899") { try $0.microseconds() } == 1_123_456)
  }

  @Test func `numbers out of range are errors`() {
    for text in [
      "", "-", ".5", "3.", "-1.", "01", "-00", "1.e1", "+1", "x", "1234567890123456789", "9000000000000", "1E5",
    ] {
      #expect(throws: JSONScanner.SyntaxError.self, "\(text)") { try scan(text) { try $0.microseconds() } }
    }
  }

  @Test func `arrays and objects are pulled apart, nested values as a whole`() throws {
    let json = #"{"a":[1,[2,"]"],{"b":"}"}],"c":"x"}"#
    let (keys, element) = try scan(json) { scanner in
      var keys: [String] = []
      var element = ""
      try scanner.beginObject()
      while let key = try scanner.nextKey() {
        keys.append(key.text)
        let value = try scanner.value()
        if key.equals("a") { element = value.json }
      }
      try scanner.finish()
      return (keys, element)
    }
    #expect(keys == ["a", "c"])
    #expect(element == #"[1,[2,"]"],{"b":"}"}]"#)
  }

  @Test func `a failure says what was expected and where`() {
    let error = #expect(throws: JSONScanner.SyntaxError.self) {
      try scan("{\"a\" 1}") { scanner in
        try scanner.beginObject()
        return try scanner.nextKey() != nil
      }
    }
    #expect(error?.description == "expected : at byte 5")
  }
}
