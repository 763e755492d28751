import CNcurses

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The description of this terminal that terminfo has, or that of the nearest one.
///
/// Login nodes often lack those of newer terminals: kitty, ghostty, alacritty, foot, wezterm, tmux-256color.
struct TerminalDescription {
  /// What to open it as.
  let name: String
  /// ``name``, when it is not what TERM says.
  let substitute: String?

  /// - Throws: `TerminalError` when standard input or output is no terminal, or nothing is known that could draw on it.
  init() throws(TerminalError) {
    guard isatty(STDIN_FILENO) == 1 else { throw TerminalError("standard input is not a terminal") }
    guard isatty(STDOUT_FILENO) == 1 else { throw TerminalError("standard output is not a terminal") }
    let asked = Screen.terminalName
    guard !asked.isEmpty else { throw TerminalError("TERM is not set") }
    var hasDatabase = false
    for name in [asked] + Self.nearest(to: asked) {
      switch Self.look(up: name) {
      case .canDraw:
        self.name = name
        substitute = name == asked ? nil : name
        return
      case .cannotPlaceCursor:
        // It is known: another's sequences would be wrong.
        if name == asked { throw TerminalError("the terminal \"\(asked)\" (TERM) cannot place its cursor") }
        hasDatabase = true
      case .unknown: hasDatabase = true
      case .noDatabase: break
      }
    }
    throw TerminalError(
      hasDatabase
        ? "terminfo does not know the terminal \"\(asked)\" (TERM), nor any that is near it"
        : "there is no terminfo database on this machine")
  }

  /// In the order in which they are tried.
  static func nearest(to name: String) -> [String] {
    let common = ["xterm-256color", "screen-256color", "xterm", "screen", "vt220", "vt100"]
    guard name.hasPrefix("tmux") || name.hasPrefix("screen") else { return common }
    return ["screen-256color", "screen"] + common.filter { !$0.hasPrefix("screen") }
  }

  private enum Found { case canDraw, cannotPlaceCursor, unknown, noDatabase }

  private static func look(up name: String) -> Found {
    var problem: Int32 = 0
    guard name.withCString({ setupterm($0, STDOUT_FILENO, &problem) }) == OK else {
      // A generic or hardcopy terminal is known, and cannot be drawn on.
      return problem == -1 ? .noDatabase : problem == 1 ? .cannotPlaceCursor : .unknown
    }
    return nc_capability("cup") == nil ? .cannotPlaceCursor : .canDraw
  }
}
