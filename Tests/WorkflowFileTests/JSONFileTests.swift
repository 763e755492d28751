import Testing
import WorkflowFile

/// What a program writes as JSON is read as JSON.
@Suite struct JSONFileTests {
  private func argument(_ json: String) throws -> String? {
    let text = "{\"tasks\":\n\t[{\"name\" :\t\"a\", \"argv\"\n:[\"echo\",\(json)]}]}\r\n"
    return try WorkflowFile(text: text, path: "w.json").items.first?.description.argv.last
  }

  @Test(arguments: [
    (#""\ud83e\uddec""#, "\u{1F9EC}"), (#""a\uD83E\uDDECb\ud83e\uddec""#, "a\u{1F9EC}b\u{1F9EC}"),
    (#""\u2028\u0085\ufeff""#, "\u{2028}\u{85}\u{FEFF}"),
    ("\"\u{2028}\u{85}\u{FEFF}\u{2029}\"", "\u{2028}\u{85}\u{FEFF}\u{2029}"),
    ("\"a\u{7F}\u{80}b\u{FFFE}\"", "a\u{7F}\u{80}b\u{FFFE}"), (#""\\ud83e\\uddec""#, #"\ud83e\uddec"#),
    (#""\/\b\f\n\r\t\"\\""#, "/\u{8}\u{C}\n\r\t\"\\"),
    (#"" # no comment: - {x} ""#, " # no comment: - {x} "), (#""~""#, "~"), (#""é日本""#, "é日本"), (#""\u0001""#, "\u{1}"),
  ]) func `a text of JSON is what JSON says`(_ example: (String, String)) throws {
    let read = try #require(try argument(example.0))
    #expect(Array(read.utf8) == Array(example.1.utf8))
  }

  @Test(arguments: [#""\ud83e""#, #""\uddec""#, #""\ud83ex""#, #""\ud83e\n""#, #""\ud83e\u0041""#, #""\uddec\ud83e""#])
  func `half of a pair is refused with its place`(_ json: String) throws {
    let escape = json.dropFirst().prefix(6)
    do {
      _ = try argument(json)
      Issue.record("it was read")
    } catch let errors as WorkflowErrors {
      #expect("\(errors)" == "w.json:3:11: '\(escape)' is half of a character")
    }
  }

  @Test func `places after a text that became shorter are true`() throws {
    do {
      _ = try WorkflowFile(text: #"{"tasks": [{"name": "a", "argv": ["\ud83e\uddec"], "rank": 1}]}"#, path: "w.json")
      Issue.record("it was read")
    } catch { #expect("\(error)".hasPrefix("w.json:1:52: ")) }
  }
}
