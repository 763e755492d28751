import Platform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where the UI thread sleeps: until there is input, the terminal changed, or another thread wakes it.
public final class UILoop: Sendable {
  /// What ended a wait.
  public struct Happened: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The terminal has input.
    public static let input = Happened(rawValue: 1)
    /// Another thread called ``UILoop/wake()``.
    public static let woken = Happened(rawValue: 2)
    public static let resized = Happened(rawValue: 4)
    /// Ctrl-Z: give the terminal back, then call ``UILoop/stopProcess()``.
    public static let suspended = Happened(rawValue: 8)
    /// The process was continued.
    public static let continued = Happened(rawValue: 16)
    /// The terminal is gone.
    public static let hangup = Happened(rawValue: 32)
  }

  private let poller: Poller

  public init() throws(TerminalError) {
    do { poller = try Poller() } catch { throw TerminalError("no pipe for the screen: \(error)") }
  }

  /// Ends a wait, from any thread; again before the wait ended costs no system call.
  public func wake() { poller.wake() }

  /// Takes over the signals that concern a screen; call after the screen opened.
  ///
  /// ncurses' own handler for a change of size only sets a mark, and does not end a `poll` on another thread; its
  /// handler for Ctrl-Z would use ncurses on whichever thread the signal reaches.
  public func watchSignals() {
    poller.watch(SIGWINCH)
    // A shell without job control ignores Ctrl-Z for its children, and means it.
    poller.watch(SIGTSTP, unlessIgnored: true)
    poller.watch(SIGCONT)
  }

  /// Gives the signals back.
  public func unwatchSignals() { poller.unwatchSignals() }

  /// Stops this process as Ctrl-Z does without a handler; returns when it was continued.
  public func stopProcess() {
    var normal = sigaction()
    normal.__sigaction_handler.sa_handler = SIG_DFL
    var ours = sigaction()
    sigaction(SIGTSTP, &normal, &ours)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTSTP)
    var mask = sigset_t()
    pthread_sigmask(SIG_UNBLOCK, &set, &mask)
    // To this thread, so that it is stopped before `raise` returns.
    raise(SIGTSTP)
    pthread_sigmask(SIG_SETMASK, &mask, nil)
    sigaction(SIGTSTP, &ours, nil)
  }

  /// Sleeps until something happens or the milliseconds pass (-1: no limit).
  ///
  /// - Parameter input: the terminal's descriptor; `nil` when it may not be read, for which a background job would be
  ///   stopped.
  public func wait(milliseconds: Int32, input: Int32?) -> Happened {
    var items = [pollfd(fd: input ?? -1, events: Int16(POLLIN), revents: 0)]
    let events = poller.sleep(on: &items, milliseconds: milliseconds)
    var happened: Happened = events.isWoken ? .woken : []
    if events.signals.contains(SIGWINCH) { happened.insert(.resized) }
    if events.signals.contains(SIGTSTP) { happened.insert(.suspended) }
    if events.signals.contains(SIGCONT) { happened.insert(.continued) }
    let terminal = items[0].revents
    if terminal & Int16(POLLIN) != 0 { happened.insert(.input) }
    if terminal & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { happened.insert(.hangup) }
    return happened
  }
}
