import ArgumentParser
import Dispatch
import Glibc
import Interface
import Platform
import SessionModel
import Terminal

/// How a screen looks and what it may do; the same for every command that shows one.
struct ScreenFlags: ParsableArguments {
  @Flag(help: "Show no key that changes anything (as SCALEMS_TOP_READ_ONLY=1 does).")
  var readOnly = false

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Flag(help: "Use no colours (as NO_COLOR does).")
  var mono = false

  @Option(
    help: ArgumentHelp(
      "How it looks: default, light (on a white background), high-contrast, colour-blind or mono.", valueName: "theme"))
  var theme: Theme?

  @Flag(help: "Leave the mouse to the terminal.")
  var noMouse = false

  @Flag(help: "Leave the configuration file alone (~/.config/scalems-top/config.yaml).")
  var noConfig = false

  @Flag(help: "Ring the bell of the terminal when the session has ended.")
  var bell = false

  /// The source, with a bell if one is wanted, for a screen that opens now.
  func shown(_ source: any SessionSource) -> any SessionSource {
    // A third of its memory is code that only its beginning needs. Hosts, which hold people's work, keep what they have: the
    // file that it comes from may be gone, on a file system of other machines, when they need it again.
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + 3) { ThisProcess.releaseCode() }
    return bell ? RingingSource(base: source) : source
  }

  var isReadOnly: Bool { readOnly || ReadOnly.isDemanded }

  func validate() throws {
    guard !mono || theme ?? .mono == .mono else { throw ValidationError("give --mono or a --theme with colours") }
  }

  /// - Throws: `UsageError` when the person's configuration file makes no sense.
  func options(exitWhenDone: Bool = false, isReadOnly: Bool? = nil) throws(UsageError) -> InterfaceOptions {
    var options = InterfaceOptions(
      isReadOnly: isReadOnly ?? self.isReadOnly, exitWhenDone: exitWhenDone,
      screen: ScreenOptions(ascii: ascii ? true : nil, ignoresNoColor: theme != nil, hasMouse: true))
    if !noConfig { try ScreenConfiguration.apply(to: &options) }
    if noMouse { options.screen.hasMouse = false }
    if let theme = mono ? .mono : theme { options.screen.theme = theme }
    return options
  }
}

extension Theme: ExpressibleByArgument {
  public init?(argument: String) { self.init(word: argument) }
}

/// The environment's word that nothing may be changed.
enum ReadOnly {
  static var isDemanded: Bool { isSwitchedOn("SCALEMS_TOP_READ_ONLY") }
}

/// Whether a variable is set, to something other than nothing or 0.
func isSwitchedOn(_ variable: String) -> Bool {
  getenv(variable).map { !["", "0"].contains(String(cString: $0)) } ?? false
}
