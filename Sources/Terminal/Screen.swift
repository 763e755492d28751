import CNcurses
import Words

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A full-screen terminal drawn with ncurses. Not `Sendable`: the thread that opened it owns it.
public final class Screen: Canvas {
  public private(set) var size = CellSize(rows: 0, columns: 0)
  /// Whether the terminal is to be shown ASCII only.
  public let isASCII: Bool
  /// What is shown: without colours where there are none, or none are wanted.
  public let theme: Theme
  /// The terminal whose description is used for want of the right one.
  public let substitute: String?

  private let hasMouse: Bool
  private let window: UnsafeMutablePointer<WINDOW>
  private let screen: OpaquePointer
  private let input: TerminalInput
  private let output: TerminalOutput
  private var attributes: [Style: (attr_t, Int16)] = [:]
  /// The pairs of colours that ncurses knows, by their numbers.
  private var pairs: [ColorPair] = []
  private var hasDefaultColors = false
  private var isRich = false
  /// What ncurses' window holds; `nil` when all must be drawn again.
  private var shown: CellGrid?
  private var isOpen = true
  /// Whether ncurses has yet to take the terminal's other screen, behind which our modes are set.
  private var needsModes = true
  private var buffer: [wchar_t] = []

  /// Opens the terminal of this process.
  public init(options: ScreenOptions = ScreenOptions()) throws(TerminalError) {
    let description = try TerminalDescription()
    substitute = description.substitute
    isASCII = Self.chooseLocale(ascii: options.ascii)
    TerminalGuard.arm()
    // The terminal knows its size; LINES and COLUMNS may be another's.
    use_tioctl(true)
    // ncurses takes signals that are at their default; they belong to the host and to `UILoop`.
    let kept = [SIGINT, SIGTERM, SIGTSTP, SIGWINCH].map { signal in
      var action = sigaction()
      sigaction(signal, nil, &action)
      return (signal, action)
    }
    // With a handler here, ncurses leaves this signal alone for good; else it ignores it while it draws, and a Ctrl-Z of
    // that moment is lost.
    var handled = sigaction()
    handled.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGTSTP, &handled, nil)
    let output = TerminalOutput()
    self.output = output
    let opened = description.name.withCString { newterm($0, output.stream, nc_stdin()) }
    for (signal, action) in kept {
      var action = action
      sigaction(signal, &action, nil)
    }
    guard let opened, let window = nc_stdscr() else {
      TerminalGuard.disarm()
      throw TerminalError("the terminal \"\(Self.terminalName)\" could not be opened")
    }
    screen = opened
    self.window = window
    input = TerminalInput(readsMouse: options.hasMouse)
    hasMouse = options.hasMouse
    theme = has_colors() && (options.ignoresNoColor || Self.wantsColor) ? options.theme : .mono
    cbreak()
    noecho()
    // Drawing never looks for input: `TerminalInput` has the terminal.
    typeahead(-1)
    // Ctrl-S would stop the drawing, and the program with it.
    var modes = termios()
    if tcgetattr(STDIN_FILENO, &modes) == 0 {
      modes.c_iflag &= ~tcflag_t(IXON)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &modes)
      def_prog_mode()
    }
    idlok(window, true)
    curs_set(0)
    if theme != .mono {
      start_color()
      hasDefaultColors = use_default_colors() == OK
      // Those of more take a number for a colour of its own: 166 would be a blue.
      isRich = tigetnum("colors") == 256
    }
    TerminalGuard.setBytes(closingBytes())
    measure()
  }

  /// Gives the terminal back.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    leave()
    delscreen(screen)
    output.close()
  }

  deinit { close() }

  public func show(_ frame: CellGrid) {
    guard isOpen, frame.size == size else { return }
    for row in 0..<size.rows {
      if let shown, shown.rowEquals(frame, row) { continue }
      draw(frame, row: row)
    }
    if let cursor = frame.cursor {
      curs_set(1)
      wmove(window, Int32(cursor.row), Int32(cursor.column))
    } else {
      curs_set(0)
    }
    wnoutrefresh(window)
    doupdate()
    if needsModes {
      needsModes = false
      send(Self.openingModes)
      if hasMouse { send(Self.mouseModes) }
    }
    shown = frame
  }

  /// Forgets what the terminal shows, so that the next frame is drawn from nothing.
  public func invalidate() {
    shown = nil
    clearok(nc_curscr(), true)
  }

  /// Fits ncurses to the terminal's size now.
  public func resize() {
    var found = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &found) == 0, found.ws_row > 0, found.ws_col > 0 else { return }
    resizeterm(Int32(found.ws_row), Int32(found.ws_col))
    measure()
    werase(window)
    shown = nil
  }

  /// Gives the terminal to the shell, for as long as the process is stopped.
  public func leave() {
    if !isendwin() {
      send(Self.closingModes)
      endwin()
    }
    TerminalGuard.disarm()
  }

  /// Takes the terminal again after ``leave()``, or after a stop nobody announced; the next frame is complete.
  public func reenter() {
    TerminalGuard.rearm()
    // The shell set its own modes. After a leave the next refresh sets ours and changes the screen; a second `endwin`
    // here would put the shell's cursor back to where it was when we came.
    if !isendwin() { reset_prog_mode() }
    needsModes = true
    resize()
    invalidate()
  }

  /// Whose the terminal is.
  public enum Ownership { case ours, anotherJobs, gone }

  /// Whether this process may use the terminal now, or is a background job of its shell, or has no terminal any more.
  public var ownership: Ownership {
    let group = tcgetpgrp(STDIN_FILENO)
    if group < 0 { return .gone }
    return group == getpgrp() ? .ours : .anotherJobs
  }

  /// Asks the terminal to put a text where the person can paste it from (OSC 52). Nobody learns whether it did.
  public func copy(_ text: String) {
    guard isOpen else { return }
    output.write(Array("\u{1B}]52;c;".utf8) + Base64.encode(Array(text.utf8.prefix(Self.copyLimit))) + [7])
  }

  /// Bytes; terminals drop sequences that are longer.
  private static let copyLimit = 50_000

  private func measure() {
    size = CellSize(rows: Int(nc_lines()), columns: Int(nc_columns()))
  }

  /// Where input comes from, for a loop that waits for it.
  public var inputDescriptor: Int32 { input.descriptor }
  /// Whether the terminal has hung up, as far as reading has shown.
  public var isAtEnd: Bool { input.isAtEnd }
  /// Milliseconds until ``endOfPatience()`` may have something; `nil` when nothing is unfinished.
  public var untilInputIsDue: Int? { input.untilDue }

  /// All input that is there.
  public func readInput() -> [InputEvent] { input.read() }

  /// What became of a sequence whose rest did not come in time.
  public func endOfPatience() -> [InputEvent] { input.tick() }
}

// Drawing.
extension Screen {
  private func draw(_ frame: CellGrid, row: Int) {
    let base = row * size.columns
    var column = 0
    while column < size.columns {
      let style = frame.cells[base + column].style
      let start = column
      buffer.removeAll(keepingCapacity: true)
      // A run of cells of one style; after anything but plain ASCII a new run at its own column, so that a terminal
      // of another opinion about a width shifts nothing.
      while column < size.columns {
        let cell = frame.cells[base + column]
        guard cell.style == style else { break }
        column += 1
        guard cell.code != 0 else { break }
        let isSimple = cell.code < 0x7F
        if isSimple { buffer.append(wchar_t(cell.code)) } else { append(frame.text(of: cell)) }
        let nextIsRight = column < size.columns && frame.cells[base + column].code == 0
        if nextIsRight {
          column += 1
          break
        }
        if !isSimple, cell.code < 0x2010 || cell.code > 0x25FF { break }
      }
      guard !buffer.isEmpty else { continue }
      let (attribute, pair) = attributes(of: style)
      wattr_set(window, attribute, pair, nil)
      mvwaddnwstr(window, Int32(row), Int32(start), buffer, Int32(buffer.count))
    }
  }

  /// Appends what the C library agrees to print; something else would come out with another width.
  private func append(_ text: String) {
    for (index, scalar) in text.unicodeScalars.enumerated() {
      let expected = index == 0 ? (CellWidth.kind(of: scalar) == .wide(2) ? 2 : 1) : 0
      if wcwidth(wchar_t(bitPattern: scalar.value)) == expected {
        buffer.append(wchar_t(bitPattern: scalar.value))
      } else if index == 0 {
        buffer.append(contentsOf: repeatElement(63, count: expected))
        return
      }
    }
  }

  private func attributes(of style: Style) -> (attr_t, Int16) {
    if let known = attributes[style] { return known }
    let look = style.appearance(in: theme, isRich: isRich)
    var attribute: attr_t = 0
    if look.bold { attribute |= nc_bold }
    if look.dim { attribute |= nc_dim }
    if look.underline { attribute |= nc_underline }
    if look.reverse { attribute |= nc_reverse }
    let value = (attribute, pair(ColorPair(text: look.color, ground: look.background)))
    attributes[style] = value
    return value
  }

  private struct ColorPair: Equatable {
    var text: Appearance.Color?
    var ground: Appearance.Color?
  }

  /// The number of a pair; 0 is the terminal's own.
  private func pair(_ pair: ColorPair) -> Int16 {
    guard pair.text != nil || pair.ground != nil else { return 0 }
    if let index = pairs.firstIndex(of: pair) { return Int16(index + 1) }
    let number = Int16(pairs.count + 1)
    let text = pair.text.flatMap { $0.number(isRich: isRich) } ?? (hasDefaultColors ? -1 : 7)
    let ground = pair.ground.flatMap { $0.number(isRich: isRich) } ?? (hasDefaultColors ? -1 : 0)
    guard init_pair(number, text, ground) == OK else { return 0 }
    pairs.append(pair)
    return number
  }
}

// The terminal and its description.
extension Screen {
  static var terminalName: String { getenv("TERM").map { String(cString: $0) } ?? "" }

  /// Whether NO_COLOR is not set.
  static var wantsColor: Bool { getenv("NO_COLOR").map { $0.pointee == 0 } ?? true }

  /// - Returns: the terminal that this one is taken for, when terminfo does not know it.
  /// - Throws: `TerminalError` when no screen can be opened here.
  @discardableResult
  public static func checkTerminal() throws(TerminalError) -> String? { try TerminalDescription().substitute }

  /// Sets the locale of the process for characters and returns whether only ASCII may be shown.
  static func chooseLocale(ascii: Bool?) -> Bool {
    setlocale(LC_CTYPE, "")
    func isUnicode() -> Bool { String(cString: nl_langinfo(Int32(CODESET))).uppercased() == "UTF-8" }
    if ascii == true { return true }
    if isUnicode() { return false }
    // ssh brings the name of a locale that need not exist on this machine; the terminal understands UTF-8 then.
    let asked = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { name -> String? in
      guard let value = getenv(name), value.pointee != 0 else { return nil }
      return String(cString: value).uppercased()
    }.first
    guard ascii == false || asked?.hasSuffix("UTF-8") == true || asked?.hasSuffix("UTF8") == true else { return true }
    return setlocale(LC_CTYPE, "C.UTF-8") == nil
  }

  /// Switched off: every form of mouse report, focus reports, size reports, the key encodings of kitty and xterm, which
  /// a program that crashed may have left on. Switched on: the marks around pasted text. Unknown modes are ignored by
  /// all terminals that were tried, and none of these moves a cursor.
  private static let openingModes: StaticString =
    "\u{1B}[?9;1000;1001;1002;1003;1005;1006;1015;1016;1004;2048l\u{1B}[=0u\u{1B}[>4m\u{1B}[?2004h"
  private static let closingModes: StaticString = "\u{1B}[?1006;1000l\u{1B}[?2004l"
  /// Clicks and the wheel, each as one sequence of digits.
  private static let mouseModes: StaticString = "\u{1B}[?1000;1006h"

  private func send(_ text: StaticString) { output.write(text) }

  /// Attributes off, keypad off, cursor visible, the shell's screen back.
  private func closingBytes() -> [UInt8] {
    var bytes = Array("\(Self.closingModes)".utf8)
    for name in ["sgr0", "rmkx", "cnorm", "rmcup"] {
      guard let capability = nc_capability(name) else { continue }
      var text = String(cString: capability)[...]
      while let start = text.firstIndex(of: "$"), let end = text[start...].firstIndex(of: ">") {
        bytes += Array(text[..<start].utf8)
        text = text[text.index(after: end)...]
      }
      bytes += Array(text.utf8)
    }
    return bytes + [13]
  }
}
