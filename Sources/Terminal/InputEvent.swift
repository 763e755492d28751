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
  case mouse(MouseEvent)
  /// A key without a name here.
  case unknown
}
