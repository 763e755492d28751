/// Why there can be no screen; one sentence for the person who wanted one.
public struct TerminalError: Error, Equatable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// How the screen is to look when the environment is not to decide.
public struct ScreenOptions: Equatable, Sendable {
  /// Draw with ASCII only; `nil` follows the locale.
  public var ascii: Bool?
  /// Use no colour; without it NO_COLOR and the terminal decide.
  public var mono: Bool

  public init(ascii: Bool? = nil, mono: Bool = false) {
    self.ascii = ascii
    self.mono = mono
  }
}
