import Glibc
import JSON
import Terminal
import Words

/// What one check found.
struct Finding: Sendable {
  enum Level: String, Sendable {
    case ok
    case warn
    case fail = "FAIL"
  }

  var level: Level
  /// What is there, in a few words.
  var words: String
  /// What to do about it: one sentence.
  var advice: String?

  static func ok(_ words: String) -> Finding { Finding(level: .ok, words: words) }
  static func warn(_ words: String, _ advice: String) -> Finding {
    Finding(level: .warn, words: words, advice: advice)
  }
  static func fail(_ words: String, _ advice: String) -> Finding {
    Finding(level: .fail, words: words, advice: advice)
  }

  /// The lines of the checklist: the level, the subject and the words, and what to do below.
  func lines(about title: String, isColored: Bool) -> TerminalText {
    let level = TerminalText(level.rawValue).padded(to: 4)
    let color: TerminalText =
      switch self.level {
      case .ok: "32"
      case .warn: "33"
      case .fail: "31"
      }
    let shown: TerminalText = isColored ? "\u{1b}[\(color)m\(level)\u{1b}[0m" : level
    let first: TerminalText = "\(shown)  \(TerminalText(title).padded(to: 14)) \(words)\n"
    return advice.map { "\(first)      \($0)\n" } ?? first
  }

  /// The same as an object.
  func json(about title: String) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("check", title)
    json.member("level", level.rawValue.lowercased())
    json.member("words", words)
    json.member("advice", advice)
    json.endObject()
    json.endLine()
    return json.bytes
  }
}

/// One line of the checklist: its subject and how to look.
struct Check: Sendable {
  var title: String
  /// Finds `nil` when the check does not apply.
  var run: @Sendable (CheckContext) async -> Finding?

  init(_ title: String, _ run: @escaping @Sendable (CheckContext) async -> Finding?) {
    self.title = title
    self.run = run
  }

  /// The whole checklist, in order.
  static let all = machine + radical
}

/// What the checks are about.
struct CheckContext: Sendable {
  var terminal = TerminalFacts()
  /// The virtual environment with RADICAL-Pilot, and what its Python says; `nil` when there is none to look at.
  var venv: RadicalVenv?
  var probe: RadicalProbe?
  /// The RADICAL-Pilot resource that is to be used.
  var resource: String?
}
