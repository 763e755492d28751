import Terminal

/// A session in the list a person chooses from, in words.
public struct SessionChoice: Equatable, Sendable {
  public var id: String
  public var name: String
  /// What is known of its life: `running`, `host gone`, `closed`, ….
  public var state: String
  /// How its tasks stand: `3 running, 10/40 done`.
  public var counts: String
  public var host: String
  /// Of one that lives, the process that runs it, or has it open; `nil` when that cannot be seen.
  public var pid: Int32?
  /// How its pilot is: `active`, `waiting for resources`; empty without one.
  public var pilot: String
  /// How old its newest fact is: `4s`, `2d`.
  public var age: String
  public var directory: String

  public init(
    id: String, name: String, state: String, counts: String, host: String, pid: Int32? = nil, pilot: String = "",
    age: String, directory: String
  ) {
    self.id = id
    self.name = name
    self.state = state
    self.counts = counts
    self.host = host
    self.pid = pid
    self.pilot = pilot
    self.age = age
    self.directory = directory
  }

  /// Whether the text occurs in any of the columns, in whichever case.
  func matches(_ text: String) -> Bool {
    let wanted = text.lowercased()
    let words = [id, name, state, counts, host, pid.map { String($0) } ?? "", pilot, directory]
    return words.contains { $0.lowercased().contains(wanted) }
  }
}

/// Lets a person choose a session on this terminal; blocks the calling thread, which is the UI thread meanwhile.
///
/// - Parameter isSwitch: whether another screen was left for it, to which a person comes back who chooses none.
/// - Returns: the index of the choice; `nil` when the person left, or the terminal is gone.
public func pickSession(
  _ choices: [SessionChoice], options: InterfaceOptions = InterfaceOptions(), isSwitch: Bool = false
) throws(TerminalError) -> Int? {
  let thread = try ScreenThread<PickerState>()
  let screen = try Screen(options: options.screen)
  defer { screen.close() }
  let state = PickerState(
    choices: choices, isSwitch: isSwitch, isASCII: screen.isASCII, actions: options.keys.apply(to: PickerAction.all))
  let ended = thread.run(on: screen, from: state, refresh: options.refresh) { _ in }
  guard case .outcome(.chosen(let index)) = ended else { return nil }
  return index
}
