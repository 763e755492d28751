import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where the UI thread sleeps: in one `poll(2)` on the terminal and a pipe to itself.
///
/// An idle program wakes only for its own timer; other threads and signal handlers write into the pipe.
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

  private let reader: Int32
  private let writer: Int32
  private let isWoken = Atomic(false)

  /// The write end for signal handlers; raw memory, so that a handler runs no initialiser and takes no lock.
  nonisolated(unsafe) private static let signalWriter: UnsafeMutablePointer<Int32> = {
    let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    pointer.initialize(to: -1)
    return pointer
  }()
  private let previous = Mutex<[(Int32, sigaction)]>([])

  public init() throws(TerminalError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw TerminalError("no pipe for the screen: error \(errno)") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    close(reader)
    close(writer)
  }

  /// Ends a wait, from any thread; again before the wait ended costs no system call.
  public func wake() {
    guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
    var byte = UInt8(ascii: "w")
    // EAGAIN: the pipe is full, so it is readable anyway.
    _ = write(writer, &byte, 1)
  }

  /// Takes over the signals that concern a screen; call after the screen opened.
  ///
  /// ncurses' own handler for a change of size only sets a mark, and does not end a `poll` on another thread; its
  /// handler for Ctrl-Z would use ncurses on whichever thread the signal reaches.
  public func watchSignals() {
    Self.signalWriter.pointee = writer
    watch(SIGWINCH) { _ in UILoop.note(UInt8(ascii: "r")) }
    watch(SIGTSTP) { _ in UILoop.note(UInt8(ascii: "z")) }
    watch(SIGCONT) { _ in UILoop.note(UInt8(ascii: "c")) }
  }

  /// Gives the signals back.
  public func unwatchSignals() {
    for (signal, action) in previous.withLock({ $0 }) {
      var action = action
      sigaction(signal, &action, nil)
    }
    previous.withLock { $0 = [] }
    Self.signalWriter.pointee = -1
  }

  private func watch(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var old = sigaction()
    sigaction(signal, nil, &old)
    // A shell without job control ignores Ctrl-Z for its children, and means it.
    if signal == SIGTSTP, Self.isIgnored(old) { return }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = Int32(SA_RESTART)
    sigaction(signal, &action, nil)
    let saved = old
    previous.withLock { $0.append((signal, saved)) }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    guard let handler = action.__sigaction_handler.sa_handler else { return false }
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static func note(_ byte: UInt8) {
    let saved = errno
    var byte = byte
    _ = write(signalWriter.pointee, &byte, 1)
    errno = saved
  }

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
  /// - Parameter readsInput: whether the terminal may be read; a background job would be stopped for it.
  public func wait(milliseconds: Int32, readsInput: Bool = true) -> Happened {
    var items = (
      pollfd(fd: readsInput ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
    )
    let ready = withUnsafeMutableBytes(of: &items) { bytes in
      poll(bytes.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, milliseconds)
    }
    guard ready > 0 else { return [] }
    var happened: Happened = []
    if items.1.revents != 0 { happened.formUnion(drain()) }
    let terminal = items.0.revents
    if terminal & Int16(POLLIN) != 0 {
      // Readable with nothing to read is the end of the terminal; without this the loop would spin.
      var available: Int32 = 0
      let isKnown = ioctl(STDIN_FILENO, UInt(FIONREAD), &available) == 0
      happened.insert(isKnown && available > 0 ? .input : .hangup)
    }
    if terminal & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { happened.insert(.hangup) }
    return happened
  }

  private func drain() -> Happened {
    isWoken.store(false, ordering: .releasing)
    var happened: Happened = []
    var bytes = (UInt64(0), UInt64(0))
    withUnsafeMutableBytes(of: &bytes) { buffer in
      while case let count = read(reader, buffer.baseAddress, buffer.count), count > 0 {
        for byte in buffer[..<count] {
          switch byte {
          case UInt8(ascii: "r"): happened.insert(.resized)
          case UInt8(ascii: "z"): happened.insert(.suspended)
          case UInt8(ascii: "c"): happened.insert(.continued)
          default: happened.insert(.woken)
          }
        }
      }
    }
    return happened
  }
}
