/// What the person at the terminal did.
///
/// Modifiers count: an Alt or Ctrl with a key is another event than the key, so it never does what the key does.
public enum InputEvent: Hashable, Sendable {
  case character(Character)
  /// Ctrl with a letter, in lower case.
  case control(Character)
  case alt(Character)
  case up, down, left, right, pageUp, pageDown, home, end, insert, delete
  case tab, backTab, enter, escape, backspace
  case function(Int)
  /// Text that was pasted: never keys, whatever it contains.
  case paste(String)
  /// The terminal has another size.
  case resize
  /// A key without a name here.
  case unknown
}

/// Makes events of what ncurses reads. A value, so that it can be tested without a terminal.
///
/// ncurses knows the keys its terminal description lists. Everything else comes as the characters of an escape
/// sequence, and `ESC [ 1 ; 5 D` must be one unknown key, not five keys of which the last one drains the session.
public struct KeyDecoder: Sendable {
  private enum Mode: Sendable {
    case plain
    /// After ESC.
    case escape
    /// After ESC [, with what came since.
    case sequence(String)
    /// After ESC O.
    case shift
    /// After ESC ], P, ^, _ or X: a string that ends in BEL or ESC \.
    case string(endsNext: Bool)
    case paste(String)
  }

  private var mode = Mode.plain
  private static let pasteLimit = 4096
  private static let pasteEnd = "\u{1B}[201~"

  public init() {}

  /// One character that was read; the event it completes, if any.
  public mutating func decode(_ scalar: Unicode.Scalar) -> InputEvent? {
    switch mode {
    case .plain:
      if scalar.value == 0x1B {
        mode = .escape
        return nil
      }
      return Self.plain(scalar)
    case .escape:
      mode = .plain
      switch scalar {
      case "[": mode = .sequence("")
      case "O": mode = .shift
      case "]", "P", "^", "_", "X": mode = .string(endsNext: false)
      case "\u{1B}":
        mode = .escape
        return .escape
      default: return scalar.value < 0x20 ? .unknown : .alt(Character(scalar))
      }
      return nil
    case .sequence(let parameters):
      if scalar.value == 0x1B {
        mode = .escape
        return .unknown
      }
      guard (0x40...0x7E).contains(scalar.value) else {
        // No real sequence is as long as this.
        mode = parameters.utf8.count < 64 ? .sequence(parameters + String(scalar)) : .plain
        return nil
      }
      if scalar == "~", parameters == "200" {
        mode = .paste("")
        return nil
      }
      mode = .plain
      return Self.key(parameters, scalar)
    case .shift:
      mode = .plain
      return Self.key("", scalar)
    case .string(let endsNext):
      let isEnd = scalar.value == 7 || (endsNext && scalar == "\\")
      mode = isEnd ? .plain : .string(endsNext: scalar.value == 0x1B)
      return isEnd ? .unknown : nil
    case .paste(var text):
      text.unicodeScalars.append(scalar)
      if text.hasSuffix(Self.pasteEnd) {
        mode = .plain
        return .paste(String(text.dropLast(Self.pasteEnd.count)))
      }
      // What a person pastes into a field is short; of the rest only the end is looked for.
      if text.unicodeScalars.count > 2 * Self.pasteLimit {
        text = String(String.UnicodeScalarView(text.unicodeScalars.suffix(Self.pasteLimit)))
      }
      mode = .paste(text)
      return nil
    }
  }

  /// A key that ncurses recognised; nothing inside a paste counts as one.
  public mutating func decode(key event: InputEvent) -> InputEvent? {
    defer { if case .paste = mode {} else { mode = .plain } }
    return switch mode {
    case .paste: nil
    // Alt with a key that has a name.
    case .escape: .unknown
    default: event
    }
  }

  /// Nothing more to read now: an ESC with nothing behind it was the key.
  public mutating func pause() -> InputEvent? {
    guard case .escape = mode else { return nil }
    mode = .plain
    return .escape
  }

  /// The keys that nearly all terminals send alike, for descriptions that leave them out. With a modifier they have
  /// more parameters, and are none of these.
  private static func key(_ parameters: String, _ final: Unicode.Scalar) -> InputEvent {
    switch (parameters, final) {
    case ("", "A"): .up
    case ("", "B"): .down
    case ("", "C"): .right
    case ("", "D"): .left
    case ("", "H"), ("1", "~"), ("7", "~"): .home
    case ("", "F"), ("4", "~"), ("8", "~"): .end
    case ("3", "~"): .delete
    case ("5", "~"): .pageUp
    case ("6", "~"): .pageDown
    case ("", "Z"): .backTab
    default: .unknown
    }
  }

  private static func plain(_ scalar: Unicode.Scalar) -> InputEvent {
    switch scalar.value {
    case 9: .tab
    case 10, 13: .enter
    case 8, 127: .backspace
    case 0..<0x20:
      Unicode.Scalar(scalar.value + 96).map { 1...26 ~= scalar.value ? .control(Character($0)) : .unknown } ?? .unknown
    case 0x80..<0xA0: .unknown
    default: .character(Character(scalar))
    }
  }
}
