/// Why there can be no screen; one sentence for the person who wanted one.
public struct TerminalError: Error, Equatable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// How the screen is to look and what it reads, where the environment is not to decide.
public struct ScreenOptions: Equatable, Sendable {
  /// Draw with ASCII only; `nil` follows the locale.
  public var ascii: Bool?
  public var theme: Theme
  /// Whether the theme is shown although NO_COLOR asks for no colours: a person named it for this one screen.
  public var ignoresNoColor: Bool
  /// Whether the terminal is asked to say what the mouse does.
  public var hasMouse: Bool

  public init(
    ascii: Bool? = nil, theme: Theme = .standard, ignoresNoColor: Bool = false, hasMouse: Bool = false
  ) {
    self.hasMouse = hasMouse
    self.ascii = ascii
    self.theme = theme
    self.ignoresNoColor = ignoresNoColor
  }
}
