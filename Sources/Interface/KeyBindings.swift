import Terminal
import Work

/// Which keys a person gave to which actions; all other actions keep theirs.
public struct KeyBindings: Equatable, Sendable {
  private var keys: [String: [InputEvent]] = [:]

  /// No other keys than the usual ones.
  public init() {}

  /// What a person wrote of one action.
  public struct Entry: Equatable, Sendable {
    public var action: String
    public var keys: [String]

    public init(action: String, keys: [String]) { (self.action, self.keys) = (action, keys) }
  }

  /// What is wrong with an entry: a sentence that begins with the name of its action.
  public struct Fault: Equatable, Sendable {
    public var entry: Int
    public var sentence: String
  }

  /// The names of the actions that can have other keys.
  public static let actions: [String] = {
    var names: [String] = []
    for name in table.map(\.name) where !names.contains(name) && !fixed.contains(name) { names.append(name) }
    return names
  }()

  /// Whoever changed these would not find back.
  private static let fixed: Set<String> = ["back", "redraw"]
  private static let table = Action.all + Action.playing

  /// - Returns: the keys, and all that is wrong with what was written; what is wrong changes nothing.
  public static func read(_ entries: [Entry]) -> (bindings: KeyBindings, faults: [Fault]) {
    var bindings = KeyBindings()
    var faults: [Fault] = []
    for (number, entry) in entries.enumerated() {
      var keys: [InputEvent] = []
      let before = faults.count
      func refuse(_ sentence: String) { faults.append(Fault(entry: number, sentence: "'\(entry.action)' \(sentence)")) }
      for text in entry.keys {
        do throws(InputEvent.KeyFault) { keys.append(try InputEvent.key(text)) } catch {
          guard case .because(let why) = error else { continue }
          refuse("cannot have '\(shortened(text))': that \(why)")
        }
      }
      if keys.isEmpty, before == faults.count, entry.action == "leave" {
        refuse("needs a key: the screen could not be left")
      }
      // Terminals and window managers keep some of these for themselves.
      if let first = keys.first, keys.allSatisfy(\.isFunction) {
        refuse("has \(first.keyName) alone, which some terminals keep for themselves: give it a letter, too")
      }
      if before == faults.count { bindings.keys[entry.action] = keys }
    }
    return (bindings, faults + bindings.conflicts(entries))
  }

  /// Two actions on one key, of which one has it from the file.
  private func conflicts(_ entries: [Entry]) -> [Fault] {
    var faults: [Fault] = []
    for (number, entry) in entries.enumerated() {
      for key in keys[entry.action] ?? [] {
        for own in Self.table where own.name == entry.action {
          let other = Self.table.first { other in
            other.name != own.name && own.meets(other) && self.keys(of: other).contains(key)
              && !(own.keys.contains(key) && other.keys.contains(key))
          }
          guard let other else { continue }
          let sentence = "'\(entry.action)' and '\(other.name)' would both have '\(key.keyName)': give one another key"
          if !faults.contains(where: { $0.entry == number }) { faults.append(Fault(entry: number, sentence: sentence)) }
        }
      }
    }
    return faults
  }

  private func keys(of action: Action) -> [InputEvent] { keys[action.name] ?? action.keys }

  /// The actions with the keys that they have now.
  func apply(to actions: [Action]) -> [Action] {
    keys.isEmpty ? actions : actions.map { apply(to: $0, \.name, \.keys, \.keyName) }
  }

  func apply(to actions: [PickerAction]) -> [PickerAction] {
    keys.isEmpty ? actions : actions.map { apply(to: $0, \.name, \.keys, \.keyName) }
  }

  private func apply<Value>(
    to value: Value, _ name: KeyPath<Value, String>, _ keys: WritableKeyPath<Value, [InputEvent]>,
    _ keyName: WritableKeyPath<Value, String>
  ) -> Value {
    guard let new = self.keys[value[keyPath: name]] else { return value }
    var value = value
    value[keyPath: keys] = new
    value[keyPath: keyName] = new.prefix(2).map(\.keyName).joined(separator: " ")
    return value
  }
}

extension InputEvent {
  fileprivate var isFunction: Bool { if case .function = self { true } else { false } }
}

extension Action {
  /// Whether there is a place where the keys of both count.
  fileprivate func meets(_ other: Action) -> Bool {
    // A recording takes no commands.
    if (group == .play && other.needsControl) || (other.group == .play && needsControl) { return false }
    return !page.places.isDisjoint(with: other.page.places)
  }
}

extension Action.Page {
  /// The list, the failures, the log, the pilot and a task's page, by numbers. In the log its own keys go before those of
  /// the list beside it.
  fileprivate var places: Set<Int> {
    switch self {
    case .list: [0]
    case .failures: [1]
    case .log: [2]
    case .main: [0, 1, 2, 3]
    case .detail: [4]
    case .task: [0, 4]
    case .both: [0, 1, 2, 3, 4]
    }
  }
}

/// The actions of a screen, with the keys that they have there.
struct ActionTable: Sendable {
  let all: [Action]
  /// Those that change nothing of the session.
  let readOnly: [Action]
  /// Those of a recording: on the arrows and brackets, time comes before everything else.
  let replay: [Action]

  static let standard = ActionTable(KeyBindings())

  init(_ bindings: KeyBindings) {
    all = bindings.apply(to: Action.all).filter { !$0.keys.isEmpty }
    readOnly = all.filter { !$0.needsControl }
    let playing = bindings.apply(to: Action.playing).filter { !$0.keys.isEmpty }
    let taken = Set(playing.flatMap(\.keys))
    let others = readOnly.map { action in
      var action = action
      action.keys.removeAll { taken.contains($0) }
      return action
    }.filter { !$0.keys.isEmpty }
    replay = others.filter { $0.group != .leave } + playing + others.filter { $0.group == .leave }
  }
}
