import Words
import Work

/// Which tasks somebody asks for: `state:failed name:sim exit:137 after:prepare !test /r[0-9]+/`.
///
/// All words must hold; of words for states one. A word alone is a state, or must occur in uid, name or command. `!` before a
/// word is its contrary. Upper and lower case are the same. What is not understood is said in ``hints``.
public struct TaskQuery: Equatable, Sendable {
  public enum Field: String, CaseIterable, Sendable {
    case state, name, uid, command, exit, after, reason

    /// What it is compared with, for people.
    public var help: String {
      switch self {
      case .state: "running, queued, waiting, failed, canceled, done, or RADICAL-Pilot's name; several with commas"
      case .name: "text in the name"
      case .uid: "text in the uid"
      case .command: "text in the command"
      case .exit: "exit code, or signal as KILL; several with commas"
      case .after: "text in the name of something that it waits for"
      case .reason: "text in the reason"
      }
    }
  }

  /// What a text is compared with.
  enum Text: Equatable, Sendable {
    case word([UInt8])
    case pattern(SafePattern)
  }

  /// A word about what never changes of a task.
  struct Fixed: Equatable, Sendable {
    var field: Field?
    var text: Text
    var isNot = false
  }

  /// A word about how a task ended.
  struct End: Equatable, Sendable {
    enum What: Equatable, Sendable {
      case exit(codes: Set<Int32>, signals: Set<Int32>)
      case reason(Text)
    }
    var what: What
    var isNot = false
  }

  public let text: String
  /// What of the text is not understood, a sentence each.
  public private(set) var hints: [String] = []
  private(set) var fixed: [Fixed] = []
  private(set) var ends: [End] = []
  /// Whether a task may be in the state.
  private(set) var states = Set(TaskState.allCases)

  /// Nothing to ask is no query.
  public init?(_ text: String) {
    let words = Self.words(of: text)
    guard !words.isEmpty else { return nil }
    self.text = text
    var wanted: Set<TaskState> = []
    for word in words {
      let isNot = word.hasPrefix("!") && word.count > 1
      let body = String(isNot ? word.dropFirst() : word[...])
      if let phase = TaskPhase.allCases.first(where: { $0.word == body.lowercased() }) {
        take(Set(TaskState.allCases.filter { $0.phase == phase }), isNot, &wanted)
        continue
      }
      guard let colon = body.firstIndex(of: ":"), colon > body.startIndex else {
        add(nil, body, isNot)
        continue
      }
      let (name, value) = (body[..<colon].lowercased(), String(body[body.index(after: colon)...]))
      guard let field = Self.field(name) else {
        // A command may have a colon, too.
        if name.allSatisfy({ $0.isASCII && $0.isLetter }) {
          let near = Self.near(name).map { " (\($0): is)" } ?? ""
          hints.append("\(name): is no field\(near), it is looked for as text")
        }
        add(nil, body, isNot)
        continue
      }
      switch field {
      case .state: take(states(value), isNot, &wanted)
      case .exit: addExit(value, isNot)
      case .reason: if let text = self.text(value) { ends.append(End(what: .reason(text), isNot: isNot)) }
      case .name, .uid, .command, .after: add(field, value, isNot)
      }
    }
    if !wanted.isEmpty { states.formIntersection(wanted) }
  }

  /// Those that a word with `!` names go; of those that the others name one must hold.
  private mutating func take(_ named: Set<TaskState>, _ isNot: Bool, _ wanted: inout Set<TaskState>) {
    if isNot { states.subtract(named) } else { wanted.formUnion(named) }
  }

  private mutating func add(_ field: Field?, _ value: String, _ isNot: Bool) {
    guard let text = text(value) else { return }
    fixed.append(Fixed(field: field, text: text, isNot: isNot))
  }

  private mutating func text(_ value: String) -> Text? {
    guard !value.isEmpty else { return nil }
    guard value.count > 2, value.hasPrefix("/"), value.hasSuffix("/") else {
      return .word(Array(value.utf8.map(SafePattern.lower)))
    }
    do {
      return .pattern(try SafePattern(String(value.dropFirst().dropLast())))
    } catch {
      hints.append("\(value) has \(error.words)")
      return .word(Array(value.utf8.map(SafePattern.lower)))
    }
  }

  /// A name of RADICAL-Pilot's, or the beginning of a word for a group.
  private mutating func states(_ value: String) -> Set<TaskState> {
    var found: Set<TaskState> = []
    for name in value.lowercased().split(separator: ",") {
      let some = TaskState.allCases.filter { $0.phase.word.hasPrefix(name) || $0.name.lowercased() == name }
      if some.isEmpty {
        hints.append("\(name) is no state: \(TaskPhase.allCases.map(\.word).joined(separator: ", ")) are")
      }
      found.formUnion(some)
    }
    return found
  }

  private mutating func addExit(_ value: String, _ isNot: Bool) {
    var codes: Set<Int32> = []
    var signals: Set<Int32> = []
    for word in value.uppercased().split(separator: ",") {
      let name = word.hasPrefix("SIG") ? word.dropFirst(3) : word
      if let code = Int32(word) {
        codes.insert(code)
      } else if let signal = (1...64 as ClosedRange<Int32>).first(where: { Format.signal($0) == name }) {
        signals.insert(signal)
      } else {
        hints.append("\(word) is no exit code and no signal")
      }
    }
    if !value.isEmpty { ends.append(End(what: .exit(codes: codes, signals: signals), isNot: isNot)) }
  }

  private static func field(_ name: String) -> Field? {
    name == "cmd" ? .command : Field(rawValue: name)
  }

  /// A field that begins so, or that is nearly written so.
  private static func near(_ name: String) -> String? {
    let names = Field.allCases.map(\.rawValue)
    return name.count > 1 ? names.first { $0.hasPrefix(name) } ?? nearest(to: name, in: names) : nil
  }

  /// Words between blanks; what is in quotes or between slashes may hold some.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var rest = text[...]
    while true {
      rest = rest.drop { $0 == " " }
      guard !rest.isEmpty else { return words }
      let head = rest.prefix { $0 != " " && $0 != "\"" && $0 != "/" }
      let body = rest[head.endIndex...]
      var end = body.prefix { $0 != " " }.endIndex
      var word = String(rest[..<end])
      // Only at the beginning of a word, or behind its field.
      let isWhole = head.isEmpty || head == "!" || head.hasSuffix(":")
      if isWhole, let mark = body.first, mark == "\"" || mark == "/" {
        let inner = body.dropFirst()
        let close = inner.indices.first { index in
          inner[index] == mark && index > inner.startIndex
            && (inner.index(after: index) == inner.endIndex || inner[inner.index(after: index)] == " ")
        }
        if let close {
          end = inner.index(after: close)
          word = String(head) + (mark == "/" ? String(body[..<end]) : String(inner[..<close]))
        }
      }
      words.append(word)
      rest = rest[end...]
    }
  }
}
