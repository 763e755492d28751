import Glibc
import Synchronization
import SystemPackage

/// Where a thread sleeps: in one `poll(2)` on what it is given and on a pipe to itself, which other threads and signal
/// handlers write to. It costs nothing while nothing happens.
public final class Poller: Sendable {
  /// What ended a sleep, beside what there is on the descriptors.
  public struct Events: Equatable, Sendable {
    /// Another thread called ``Poller/wake()``.
    public var isWoken = false
    /// Signals that were watched.
    public var signals: Set<Int32> = []
  }

  private let reader: Int32
  private let writer: Int32
  private let isWoken = Atomic(false)
  private let previous = Mutex<[(signal: Int32, action: sigaction)]>([])

  private static let signals = SignalPipe()

  public init() throws(Errno) {
    let pipe = try Pipe()
    pipe.reader.setNonBlocking()
    pipe.writer.setNonBlocking()
    (reader, writer) = (pipe.reader.release(), pipe.writer.release())
  }

  deinit {
    unwatchSignals()
    close(reader)
    close(writer)
  }

  /// Ends a sleep, from any thread; again before it ended costs no system call.
  public func wake() {
    guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
    var byte: UInt8 = 0
    // EAGAIN: the pipe is full, so it is readable anyway.
    _ = write(writer, &byte, 1)
  }

  // MARK: Signals

  /// Has a signal end sleeps instead of what it did before. Of a process, one poller at a time watches signals.
  ///
  /// - Parameter unlessIgnored: whether it stays ignored when it is.
  public func watch(_ signal: Int32, unlessIgnored: Bool = false) {
    Self.signals.writer = writer
    var old = sigaction()
    sigaction(signal, nil, &old)
    if unlessIgnored, Self.isIgnored(old) { return }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { Poller.signals.send($0) }
    // Of children only the end is of interest.
    action.sa_flags = SA_RESTART | (signal == SIGCHLD ? SA_NOCLDSTOP : 0)
    sigaction(signal, &action, nil)
    let kept = old
    previous.withLock { $0.append((signal, kept)) }
  }

  /// Gives the signals back.
  public func unwatchSignals() {
    let watched = previous.withLock { previous in
      defer { previous = [] }
      return previous
    }
    guard !watched.isEmpty else { return }
    for (signal, action) in watched {
      var action = action
      sigaction(signal, &action, nil)
    }
    if Self.signals.writer == writer { Self.signals.writer = -1 }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    guard let handler = action.__sigaction_handler.sa_handler else { return false }
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  // MARK: Sleeping

  /// Sleeps until something happens or the milliseconds pass (-1: no limit).
  ///
  /// - Parameter items: what is looked at; holds what there is on them afterwards. Negative descriptors are passed over.
  public func sleep(on items: inout [pollfd], milliseconds: Int32) -> Events {
    items.append(pollfd(fd: reader, events: Int16(POLLIN), revents: 0))
    let count = poll(&items, nfds_t(items.count), milliseconds)
    let own = items.removeLast()
    guard count > 0 else {
      // A signal that is not watched: what is in the items is of before.
      for index in items.indices { items[index].revents = 0 }
      return Events()
    }
    return own.revents == 0 ? Events() : drain()
  }

  private func drain() -> Events {
    isWoken.store(false, ordering: .releasing)
    var events = Events()
    var bytes = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    withUnsafeMutableBytes(of: &bytes) { buffer in
      let pipe = FileDescriptor(rawValue: reader)
      while let count = try? pipe.get(into: buffer, waits: false), count > 0 {
        for byte in buffer[..<count] {
          if byte == 0 { events.isWoken = true } else { events.signals.insert(Int32(byte)) }
        }
      }
    }
    return events
  }
}
