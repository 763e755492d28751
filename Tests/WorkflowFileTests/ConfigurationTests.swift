import Testing
import WorkflowFile

@Suite struct ConfigurationTests {
  private static let words = ConfigurationFile.Vocabulary(
    themes: ["default", "light"], columns: ["name", "state", "time"], actions: ["drain", "cancel"], refresh: 0.1...60
  ) { entries in
    entries.enumerated().filter { $1.keys.contains("?") }.map { ($0.offset, "'\($0.element.action)' cannot have '?'") }
  }

  private static func read(_ text: String) throws(WorkflowErrors) -> ConfigurationFile {
    try ConfigurationFile(Array(text.utf8), path: "config.yaml", words: words)
  }

  private static func problems(_ text: String) -> String {
    do throws(WorkflowErrors) {
      _ = try read(text)
      return "none"
    } catch { return error.description }
  }

  @Test func `all of it is read`() throws {
    let file = try Self.read(
      "theme: light\nmouse: off\nrefresh: 2s\ncolumns: [time, state]\nkeys: {drain: d, cancel: [K, F8]}\n")
    #expect(file.theme == "light" && file.mouse == false && file.refresh == 2 && file.columns == ["time", "state"])
    #expect(file.keys.map(\.action) == ["cancel", "drain"] && file.keys.map(\.keys) == [["K", "F8"], ["d"]])
  }

  @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~\n", "\u{FEFF}theme: light"])
  func `an empty file says nothing`(_ text: String) { #expect(Self.problems(text) == "none") }

  @Test(arguments: [
    ("themes: light", "config.yaml:1:1: unknown key 'themes' in the configuration (did you mean 'theme'?)"),
    ("a: 1\ntheme: lihgt", "unknown theme 'lihgt' (did you mean 'light'?): there are default, light"),
    ("theme: [light]", "config.yaml:1:8: 'theme' must be text, found a list"),
    ("theme:", "'theme' has no value"),
    ("\nmouse: maybe", "config.yaml:2:8: 'mouse' must be true or false, found 'maybe'"),
    ("refresh: 0", "config.yaml:1:10: 'refresh' is 0.1 to 60 seconds, not 0"),
    ("refresh: 1e99", "'refresh' is 0.1 to 60 seconds, not"),
    ("refresh: nan", "'refresh' must be seconds or a duration"),
    ("columns: [name, stat]", "config.yaml:1:17: unknown column 'stat' (did you mean 'state'?)"),
    ("columns: {a: b}", "'columns' must be a word or a list of words, found a mapping"),
    ("keys: d", "config.yaml:1:7: 'keys' must be a mapping (key: value), found 'd'"),
    ("keys: {drian: d}", "unknown key 'drian' in 'keys' (did you mean 'drain'?)"),
    ("keys:\n  drain: {x: y}", "config.yaml:2:10: 'drain' must be a word or a list of words, found a mapping"),
    ("keys:\n  drain: ~", "'drain' has no value"),
    ("keys:\n  cancel: x\n  drain: ['?']", "config.yaml:3:10: 'drain' cannot have '?'"),
    ("keys: {drain: d, drain: e}", "the key 'drain' occurs twice in this mapping"),
    ("[light]", "the configuration must be a mapping"),
    ("theme: \"light", "config.yaml:"),
  ]) func `what makes no sense is told with its place`(_ text: String, _ words: String) {
    #expect(Self.problems(text).contains(words), "\(Self.problems(text))")
  }

  @Test func `all faults are told at once, and what is no text where it is none`() {
    #expect(Self.problems("theme: x\nmouse: x\nrefresh: x").split(separator: "\n").count == 3)
    let problem = #expect(throws: WorkflowErrors.self) {
      try ConfigurationFile([0x74, 0xFF], path: "c", words: Self.words)
    }
    #expect(problem?.description == "c:1:2: the file is not UTF-8 text here")
  }

  @Test func `what is nested or named without end ends`() {
    #expect(Self.problems(String(repeating: "[", count: 60_000)) != "none")
    let lines = (1..<40).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
    #expect(Self.problems("a0: &a0 [x, x]\n" + lines + "columns: *a39\n") != "none")
  }
}
