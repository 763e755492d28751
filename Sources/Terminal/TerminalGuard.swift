#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Puts the terminal back when the process ends without closing its screen: exit, a trap, a fault, abort.
///
/// SIGINT, SIGTERM and SIGHUP are not taken: the program that hosts the screen decides what they do, and calls
/// ``restoreTerminal()`` before it ends at once. The handlers use only `write(2)`, `tcsetattr(3)`, `sigaction(2)` and
/// `raise(3)`, all async-signal-safe.
public enum TerminalGuard {
  private static let fatalSignals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGQUIT]

  private struct Saved {
    var isArmed = false
    var isInstalled = false
    var attributes = termios()
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var previous: UnsafeMutablePointer<sigaction>
  }

  /// Raw memory, and touched by `arm` before any handler can run: a handler may run no initialiser and take no lock.
  nonisolated(unsafe) private static let saved: UnsafeMutablePointer<Saved> = {
    let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
    previous.initialize(repeating: sigaction(), count: 65)
    let pointer = UnsafeMutablePointer<Saved>.allocate(capacity: 1)
    pointer.initialize(to: Saved(previous: previous))
    return pointer
  }()

  /// Remembers the terminal as it is; call before the screen opens.
  static func arm() {
    tcgetattr(STDIN_FILENO, &saved.pointee.attributes)
    saved.pointee.isArmed = true
    guard !saved.pointee.isInstalled else { return }
    saved.pointee.isInstalled = true
    atexit { TerminalGuard.restoreTerminal() }
    for signal in fatalSignals {
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = { number, info, _ in TerminalGuard.end(number, info) }
      action.sa_flags = Int32(SA_ONSTACK | SA_SIGINFO)
      sigaction(signal, &action, saved.pointee.previous + Int(signal))
    }
  }

  /// Restores the terminal, then lets the process die of the signal as it would have without us.
  private static func end(_ number: Int32, _ info: UnsafeMutablePointer<siginfo_t>?) {
    restoreTerminal()
    // What was there before, perhaps the runtime's backtracer, goes on with a terminal it can write to.
    sigaction(number, saved.pointee.previous + Int(number), nil)
    // A fault happens again when this returns, and the backtracer sees where.
    if isRepeated(number), let info, info.pointee.si_code > 0 { return }
    // A signal that was sent does not; the backtracer may return from it, and then nothing would end the process.
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, number)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    raise(number)
    var normal = sigaction()
    normal.__sigaction_handler.sa_handler = SIG_DFL
    sigaction(number, &normal, nil)
    raise(number)
  }

  /// Whether the processor raises the signal by an instruction it then tries again.
  private static func isRepeated(_ number: Int32) -> Bool {
    #if arch(x86_64)
      // A breakpoint is passed here, and tried again on arm64.
      if number == SIGTRAP { return false }
    #endif
    return number != SIGQUIT && number != SIGABRT
  }

  /// What to write to undo the screen: its closing sequences, without the padding of old terminals.
  static func setBytes(_ bytes: [UInt8]) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
    memory.initialize(from: bytes, count: bytes.count)
    // The old memory is not freed: a handler may be reading it.
    saved.pointee.bytes = memory
    saved.pointee.count = bytes.count
  }

  static func disarm() { saved.pointee.isArmed = false }
  static func rearm() { saved.pointee.isArmed = true }

  /// Gives the terminal back as it was found, if a screen is open; async-signal-safe, for use before `_exit`.
  public static func restoreTerminal() {
    guard saved.pointee.isArmed else { return }
    saved.pointee.isArmed = false
    if let bytes = saved.pointee.bytes { _ = write(STDOUT_FILENO, bytes, saved.pointee.count) }
    tcsetattr(STDIN_FILENO, TCSANOW, &saved.pointee.attributes)
  }
}
