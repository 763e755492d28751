import Glibc
import Synchronization
import SystemPackage

/// The loop of a thread that waits for many things: readable and writable descriptors, ended children, timers, and what
/// other threads hand over. It sleeps in a ``Poller`` in between.
///
/// Not an actor: processes that die with the *thread* that started them (PR_SET_PDEATHSIG) have to be started by one that
/// stays, for which an executor does not vouch.
public final class PollLoop {
  public struct TimerID: Hashable { fileprivate var number: Int }

  private struct Source {
    var onReadable: () -> Void
    var wantsWrite: () -> Bool
    var onWritable: () -> Void
  }

  private let poller: Poller
  private var sources: [Int32: Source] = [:]
  private var timers: [(at: ContinuousClock.Instant, id: TimerID, action: () -> Void)] = []
  private var lastTimer = 0
  private var isStopped = false
  /// What other threads use.
  public let poster: Poster
  public var onChildEnded: () -> Void = {}
  /// SIGTERM came.
  public var onTerminate: () -> Void = {}
  /// Called before every sleep: the place to write out what was gathered.
  public var onIdle: () -> Void = {}

  /// Runs closures on a loop, from any thread.
  public final class Poster: Sendable {
    private let poller: Poller
    private let closures = Mutex<[@Sendable () -> Void]>([])

    fileprivate init(_ poller: Poller) { self.poller = poller }

    public func post(_ closure: @escaping @Sendable () -> Void) {
      closures.withLock { $0.append(closure) }
      poller.wake()
    }

    fileprivate func take() -> [@Sendable () -> Void] {
      closures.withLock { closures in
        defer { closures = [] }
        return closures
      }
    }
  }

  /// - Throws: when the process has no descriptors left.
  public init() throws(Errno) {
    poller = try Poller()
    poster = Poster(poller)
    poller.watch(SIGCHLD)
    poller.watch(SIGTERM)
  }

  public func add(
    _ descriptor: Int32, wantsWrite: @escaping () -> Bool = { false }, onWritable: @escaping () -> Void = {},
    onReadable: @escaping () -> Void
  ) {
    sources[descriptor] = Source(onReadable: onReadable, wantsWrite: wantsWrite, onWritable: onWritable)
  }

  public func remove(_ descriptor: Int32) { sources[descriptor] = nil }

  @discardableResult
  public func after(_ delay: Duration, _ action: @escaping () -> Void) -> TimerID {
    lastTimer += 1
    let timer = (at: ContinuousClock.now + delay, id: TimerID(number: lastTimer), action: action)
    // Few timers at a time: an insertion into a sorted array beats a heap.
    timers.insert(timer, at: timers.firstIndex { $0.at > timer.at } ?? timers.count)
    return timer.id
  }

  public func cancel(_ timer: TimerID?) {
    guard let timer else { return }
    timers.removeAll { $0.id == timer }
  }

  public func stop() { isStopped = true }

  public func run() {
    while !isStopped {
      onIdle()
      guard !isStopped else { break }
      var items = sources.map { descriptor, source in
        pollfd(fd: descriptor, events: Int16(POLLIN | (source.wantsWrite() ? POLLOUT : 0)), revents: 0)
      }
      let events = poller.sleep(on: &items, milliseconds: timeout())
      if events.signals.contains(SIGCHLD) { onChildEnded() }
      if events.signals.contains(SIGTERM) { onTerminate() }
      if events.isWoken { for closure in poster.take() { closure() } }
      for item in items where item.revents != 0 { serve(item) }
      fireTimers()
    }
    onIdle()
  }

  private func serve(_ item: pollfd) {
    if item.revents & Int16(POLLOUT) != 0 { sources[item.fd]?.onWritable() }
    if item.revents & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 { sources[item.fd]?.onReadable() }
  }

  private func timeout() -> Int32 {
    guard let first = timers.first else { return -1 }
    let left = first.at - .now
    guard left > .zero else { return 0 }
    return Int32(clamping: Int64(left / .milliseconds(1)) + 1)
  }

  private func fireTimers() {
    let now = ContinuousClock.now
    while let first = timers.first, first.at <= now {
      timers.removeFirst()
      first.action()
    }
  }
}
