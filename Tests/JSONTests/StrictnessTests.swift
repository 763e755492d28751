import Testing

@testable import JSON

/// What the scanner makes of a text: passed over as one value, and pulled apart to the last element.
private func isTaken(_ json: [UInt8]) -> (passed: Bool, pulled: Bool) {
  let passed = json.withUnsafeBytes { bytes in
    var scanner = JSONScanner(bytes)
    return (try? scanner.value()) != nil && (try? scanner.finish()) != nil
  }
  let pulled = json.withUnsafeBytes { bytes in
    var scanner = JSONScanner(bytes)
    return (try? JSONValue(&scanner)) != nil && (try? scanner.finish()) != nil
  }
  return (passed, pulled)
}

private func isTaken(_ json: String) -> (passed: Bool, pulled: Bool) { isTaken(Array(json.utf8)) }

/// The reader takes JSON (RFC 8259) and nothing else; a group of inputs a rule.
@Suite struct StrictnessTests {
  @Test(arguments: [
    // Commas and colons.
    #"{,"id":1 "x":[} "y":NaN}"#, #"{,"a":1}"#, #"{"a":1,}"#, #"{"a":1 "b":2}"#, #"{"a":1,,"b":2}"#, #"{"a" 1}"#,
    #"{"a"::1}"#, #"{"a":}"#, #"{"a",1}"#, #"{"a"}"#, #"{:1}"#, "{,}", "[,]", "[1,]", "[,1]", "[1 2]", "[1,,2]",
    "[1:2]", "[[] []]", "[{}{}]", #"["a" "b"]"#, "[1,2,]", #"{"a":1;"b":2}"#, #"{"a"=1}"#,
    // Brackets.
    "", " ", "{", "}", "[", "]", "[}", "{]", #"{"a":1]"#, "[1}", "[[1]", "[1]]", "[{]}", #"{"a":[}"#, #"{"a":{]}"#,
    "{{}}", "{[]}", "[[[[", "]]]]", "(1)", "[1)", "<>",
    // Keys.
    "{1:2}", "{a:1}", "{'a':1}", "{null:1}", "{[]:1}", "{{}:1}", #"{"a:1}"#, "{true:1}", #"{"a":1,b:2}"#,
    #"{"a":1,2}"#, #"{"a":1,{}}"#, #"{"a":1,"b"}"#,
    // Words.
    "NaN", "nan", "Infinity", "-Infinity", "inf", "True", "FALSE", "None", "nul", "nulll", "nullnull", "truefalse",
    "tru", "falsey", "undefined", "yes", "[NaN]", #"{"a":Infinity}"#, "t", "f", "n", "-null", "+true",
    // Numbers.
    "01", "00", "-01", "-", "+1", "--1", ".5", "-.5", "3.", "3.e1", "1e", "1e+", "1E-", "1.2.3", "1e1.5", "0x10",
    "1_000",
    "1,000", "1 000", "١", "1a", "-a", "0b1", "1e1e1", "1.-5", "∞", "0-1", "1-1",
    // Strings.
    #"""#, #""\""#, #""a"#, #""\q""#, #""\x41""#, #""\u""#, #""\u12""#, #""\u12g4""#, #""\uzzzz""#, #""\u{41}""#,
    #""\U0041""#, #""\'""#, #""\0""#, "\"\\\n\"", "'a'", "`a`", #""a"b"#, #""a""b""#, #"\"a""#, "a",
    "\"\u{1}\"", "\"\u{1f}\"", "\"\n\"", "\"\r\"", "\"\t\"", "\"\u{0}\"", "\"a\u{8}\"", "{\"a\nb\":1}",
    "[\"\u{1b}[31m\"]",
    // Around the value, and white space that is none.
    "1 2", "1,", "[],", "{}{}", "[] x", "null null", "\u{feff}1", "\u{a0}1", "1\u{0}", "\u{b}1", "\u{c}[]", "1\u{2028}",
    "// c\n1", "/* c */1", "1 // c", "#1", "[1, /*2*/ 3]",
  ])
  func `what is no JSON is refused`(_ text: String) {
    #expect(isTaken(text) == (false, false))
  }

  @Test(arguments: [
    "0", "-0", "1", "-1", "10", "0.5", "-0.5", "1e5", "1E+5", "1e-5", "0e0", "1.25e10",
    "123456789012345678901234567890",
    "null", "true", "false", #""""#, #""a""#, "[]", "{}", " [ ] ", " { } ", "\t1\r\n", "\n[\n1\n,\n2\n]\n",
    #"{"":""}"#, #"{"a":{"b":[1,{"c":null}]}}"#, #"["\"\\\/\b\f\n\r\t\u0041\uD83D\uDE00"]"#, #""\ud800""#,
    #""\udc00x""#,
    "\"\u{7f}\"", "\"é 日 👩‍🔬\"", "\"\u{2028}\"", #"{"a":1,"a":2}"#, "[[[[[[]]]]]]", "[1,[2,[3]],4]",
  ])
  func `what is JSON is taken`(_ text: String) {
    #expect(isTaken(text) == (true, true))
  }

  @Test func `of members with one name the last counts`() throws {
    #expect(try JSONValue(json: #"{"a":1,"b":2,"a":3,"\u0061":4}"#) == ["a": 4, "b": 2])
    let text = try Array(#"{"a":"x","a":"y"}"#.utf8).withUnsafeBytes { try JSONObject($0).required("a", .text) }
    #expect(text == "y")
  }

  @Test func `bytes that are no UTF-8 are text in strings, and nothing elsewhere`() {
    for bytes in [[0xff], [0xc3], [0xe2, 0x28, 0xa1], [0xed, 0xa0, 0x80], [0xc0, 0xa2], [0xf8, 0x88]] as [[UInt8]] {
      #expect(isTaken([0x22] + bytes + [0x22]) == (true, true))
      #expect(isTaken(bytes) == (false, false))
      #expect(isTaken([0x5b] + bytes + [0x5d]) == (false, false))
    }
  }

  @Test func `nesting costs no stack, and only what becomes a tree is limited`() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      for depth in [1, 63, 64, 65, 100, 127, 128, 129, 1000, 200_000] {
        let leaf = open == "[" ? "" : "1"
        let text = String(repeating: open, count: depth) + leaf + String(repeating: close, count: depth)
        #expect(isTaken(text) == (true, depth <= JSONValue.depthLimit), "\(depth)")
        #expect(isTaken(String(text.dropLast())) == (false, false))
        #expect(isTaken(text + close) == (false, false))
      }
    }
    // The kinds of brackets are known at every depth.
    for depth in [5, 64, 65, 200] {
      let text = String(repeating: "[{\"a\":", count: depth) + "1" + String(repeating: "}]", count: depth)
      #expect(isTaken(text).passed)
      #expect(!isTaken(text.replacing("1}]", with: "1]}")).passed)
      #expect(!isTaken(String(text.dropLast(2)) + "]}").passed)
    }
  }

  @Test func `no order of calls takes what is no JSON`() throws {
    func scan(_ json: String, _ body: (inout JSONScanner) throws -> Void) {
      #expect(throws: JSONScanner.SyntaxError.self, "\(json)") {
        try Array(json.utf8).withUnsafeBytes { bytes in
          var scanner = JSONScanner(bytes)
          try body(&scanner)
        }
      }
    }
    // A value where a comma is due, a key in an array, an element in an object, two values for a key, none, no end.
    scan(#"[1 2]"#) {
      try $0.beginArray()
      _ = try $0.nextElement()
      _ = try $0.integer()
      _ = try $0.integer()
    }
    scan(#"["a":1]"#) {
      try $0.beginArray()
      _ = try $0.nextKey()
    }
    scan(#"{"a"}"#) {
      try $0.beginObject()
      _ = try $0.nextElement()
    }
    scan(#"{"a"}"#) {
      try $0.beginObject()
      _ = try $0.string()
    }
    scan(#"{"a":1 2}"#) {
      try $0.beginObject()
      _ = try $0.nextKey()
      _ = try $0.integer()
      _ = try $0.integer()
    }
    scan(#"{"a":"b":1}"#) {
      try $0.beginObject()
      _ = try $0.nextKey()
      _ = try $0.nextKey()
    }
    scan(#"{"a":1}"#) {
      try $0.beginObject()
      try $0.finish()
    }
    scan("") { try $0.finish() }
    scan("1 1") {
      _ = try $0.integer()
      _ = try $0.integer()
    }
    scan("1 ]") {
      _ = try $0.integer()
      _ = try $0.nextElement()
    }
    scan("[]") {
      try $0.beginArray()
      try $0.beginArray()
    }
  }

  @Test(arguments: ["1.5", "1e3", "01", "-", "1x", "12345678901234567890", "\"1\"", "true", "[]", "null", "+1", "0x1"])
  func `what is no whole number is none`(_ text: String) {
    #expect(throws: JSONScanner.SyntaxError.self) {
      try Array(text.utf8).withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes)
        _ = try scanner.integer()
        try scanner.finish()
      }
    }
  }

  @Test func `a number has every digit that a Double has`() throws {
    for number in [
      0, -0.0, 0.1, 90.25, 1e-5, .leastNonzeroMagnitude, 1.7976931348623157e308, 1e16, 123_456_789.123_456_789,
    ] {
      var writer = JSONWriter()
      writer.number(number)
      #expect(try writer.bytes.withUnsafeBytes { try JSONCoding<Double>.number.value($0) } == number)
    }
    for text in ["1e400", "-1e400", "1e99999999999"] {
      #expect(isTaken(text) == (true, false), "\(text) is JSON, and no number that we have")
    }
  }

  @Test func `Python's words for what is no number become null, and only those`() {
    func replaced(_ text: String) -> String? {
      Array(text.utf8).withUnsafeBytes { replacingPythonNumbers($0) }.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(replaced(#"{"a":NaN,"b":[Infinity,-Infinity]}"#) == #"{"a":null,"b":[null,null]}"#)
    #expect(replaced(#"{"NaN":"a \"NaN\" \\","b":NaN}"#) == #"{"NaN":"a \"NaN\" \\","b":null}"#)
    for text in [#"{"a":"NaN"}"#, "", "[1]", #""Infinity"#, #"{"a":"\\\"NaN"}"#] { #expect(replaced(text) == nil) }
  }

  @Test func `only JSON becomes a text of JSON, on one line`() throws {
    #expect(try JSONText("[1,\n 2]\n").text == "[1,  2] ")
    #expect(try JSONText(#"{"a": "\n"}"#).text == #"{"a": "\n"}"#)
    for text in ["", "NaN", "[1", "1 2", "\"\n\"", "{'a':1}", "1,\"x\":2", "1}{"] {
      #expect(throws: JSONScanner.SyntaxError.self) { try JSONText(text) }
    }
  }
}

@Suite struct ExactTextTests {
  @Test(arguments: [
    #"{"a":"plain"}"#, #"{"a":"é\u00e9\ud83d\ude00\\ud800\n"}"#, #"["\\\\","\ufffd"]"#, "{}",
  ]) func `text that is kept`(line: String) {
    Array(line.utf8).withUnsafeBytes { #expect(JSONScanner.isExact($0)) }
  }

  @Test(arguments: [
    #"{"a":"\udce9"}"#, #"["\ud800"]"#, #"["\ud800\u0041"]"#, #"["\ud800x\udc00"]"#, #"["\\\udce9"]"#,
    #"["\ud83d\\ude00"]"#,
  ]) func `halves of surrogate pairs are not`(line: String) {
    Array(line.utf8).withUnsafeBytes { #expect(!JSONScanner.isExact($0)) }
  }

  @Test func `bytes that are no text are not`() {
    for bytes in [[0xe9], [0xc3], [0xff, 0x61], [0xed, 0xa0, 0x80]] as [[UInt8]] {
      (Array("[\"".utf8) + bytes + Array("\"]".utf8)).withUnsafeBytes { #expect(!JSONScanner.isExact($0)) }
    }
  }
}
