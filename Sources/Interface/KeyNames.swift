import Terminal
import Words
import Work

// Keys as people write them.
extension InputEvent {
  /// The key of a name; `nil` for characters.
  static let named = Dictionary(uniqueKeysWithValues: names)

  private static let names: [(name: String, key: InputEvent)] =
    [
      ("Space", .character(" ")), ("Enter", .enter), ("Tab", .tab), ("Shift-Tab", .backTab),
      ("Backspace", .backspace), ("Insert", .insert), ("Delete", .delete), ("Home", .home), ("End", .end),
      ("PgUp", .pageUp), ("PgDn", .pageDown), ("Up", .up), ("Down", .down), ("Left", .left), ("Right", .right),
      ("Esc", .escape),
    ] + (1...12).map { ("F\($0)", .function($0)) }

  /// What a key is called, on the screen as in the configuration file.
  var keyName: String {
    switch self {
    case .character(let character) where character != " ": String(character)
    case .control(let letter): "^\(letter.uppercased())"
    default: Self.names.first { $0.key == self }?.name ?? "?"
    }
  }

  /// Why a key can be given to no action, as the end of a sentence.
  enum KeyFault: Error { case because(String) }

  /// Reads the name of a key: `D`, `^D`, `Ctrl-D`, `F5`, `PgDn`.
  static func key(_ text: String) throws(KeyFault) -> InputEvent {
    if let only = text.first, text.count == 1 {
      guard text.unicodeScalars.count == 1, let scalar = only.unicodeScalars.first,
        case .wide = CellWidth.kind(of: scalar)
      else { throw .because("is no character that one key types") }
      guard scalar != " " else { return .character(" ") }
      return .character(only)
    }
    if let letter = controlLetter(text) { return try controlKey(letter) }
    let word = text.lowercased()
    if let key = names.first(where: { $0.name.lowercased() == word })?.key {
      guard key != .escape else { throw .because("always goes back") }
      return key
    }
    if word.hasPrefix("alt-") || word.hasPrefix("meta-") {
      throw .because("cannot be told from Esc and the key behind it")
    }
    if word.contains("-"), ["shift", "ctrl", "control", "super"].contains(word.prefix { $0 != "-" }) {
      throw .because("is not sent by every terminal, so it can be given to nothing")
    }
    throw .because(
      "is no key\(suggestion(for: text, among: names.map(\.name))): a character, ^A to ^Z, F1 to F12, Enter, Tab, Space,"
        + " Backspace, Insert, Delete, Home, End, PgUp, PgDn, Up, Down, Left or Right")
  }

  /// `^D`, `Ctrl-D`, `C-d`.
  private static func controlLetter(_ text: String) -> Character? {
    let word = text.lowercased()
    for prefix in ["ctrl-", "control-", "ctrl+", "c-", "^"] where word.hasPrefix(prefix) {
      let rest = word.dropFirst(prefix.count)
      return rest.count == 1 ? rest.first : nil
    }
    return nil
  }

  /// What a terminal sends of Ctrl and a letter, and does not keep.
  private static func controlKey(_ letter: Character) throws(KeyFault) -> InputEvent {
    switch letter {
    case "c": throw .because("interrupts, always")
    case "z": throw .because("stops the program, always")
    case "l": throw .because("always draws the screen again")
    case "i": throw .because("is what a terminal sends for Tab")
    case "j", "m": throw .because("is what a terminal sends for Enter")
    case "h": throw .because("is what a terminal sends for Backspace")
    case "[": throw .because("is what a terminal sends for Esc")
    case "a"..."z": return .control(letter)
    default: throw .because("is no key that every terminal sends")
    }
  }
}
