import Terminal
import Words

/// One line a person types.
struct TextField: Equatable, Sendable {
  var text = ""
  static let limit = 200

  /// Takes an input that edits; `false` when it means something else.
  mutating func edit(_ input: InputEvent) -> Bool {
    switch input {
    case .character(let character): append(String(character))
    case .paste(let pasted): append(String(pasted.map { $0.isNewline ? " " : $0 }))
    case .backspace: if !text.isEmpty { text.removeLast() }
    case .control("u"): text = ""
    case .control("w"):
      while text.last == " " { text.removeLast() }
      while let last = text.last, last != " " { text.removeLast() }
    default: return false
    }
    return true
  }

  private mutating func append(_ more: String) {
    let clean = String(String.UnicodeScalarView(more.unicodeScalars.filter { CellWidth.kind(of: $0) != .control }))
    text = String((text + clean).prefix(Self.limit))
  }
}
