import CNcurses

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What can be said of a terminal without opening a screen on it.
public struct TerminalFacts: Sendable {
  /// The value of TERM; empty when it is not set.
  public var name: String
  /// `nil` when standard output is no terminal, or does not know its size.
  public var size: CellSize?
  /// How many colours terminfo gives it; 0 for none and for a terminal it does not know.
  public var colors: Int
  /// Whether the locale has the screen drawn in ASCII.
  public var isASCII: Bool
  /// Whether NO_COLOR asks for none.
  public var wantsColor: Bool

  public init() {
    name = Screen.terminalName
    var found = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &found) == 0, found.ws_row > 0, found.ws_col > 0 {
      size = CellSize(rows: Int(found.ws_row), columns: Int(found.ws_col))
    }
    var problem: Int32 = 0
    colors = setupterm(nil, STDOUT_FILENO, &problem) == OK ? max(0, Int(tigetnum("colors"))) : 0
    isASCII = Screen.chooseLocale(ascii: nil)
    wantsColor = Screen.wantsColor
  }
}
