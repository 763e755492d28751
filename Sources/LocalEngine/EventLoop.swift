import CTaskLaunch
import Glibc
import Synchronization

/// The single thread of an agent or a raptor: readable descriptors, ended children, timers, and what other threads
/// hand over. It sleeps in `poll(2)` in between.
///
/// Not an actor: task processes die with the *thread* that started them (PR_SET_PDEATHSIG), so that thread has to be
/// this one, the main thread.
final class EventLoop {
  struct TimerID: Hashable { fileprivate var number: Int }

  private struct Source {
    var onReadable: () -> Void
    var wantsWrite: () -> Bool
    var onWritable: () -> Void
  }

  private var sources: [Int32: Source] = [:]
  private var timers: [(at: ContinuousClock.Instant, id: TimerID, action: () -> Void)] = []
  private var lastTimer = 0
  private var isStopped = false
  let mailbox: LoopMailbox
  var onChildEnded: () -> Void = {}
  /// SIGTERM came.
  var onTerminate: () -> Void = {}
  /// Called before every sleep: the place to write out what was gathered.
  var onIdle: () -> Void = {}

  /// - Throws: `LoopProblem` when the process has no descriptors left.
  init() throws {
    mailbox = try LoopMailbox()
    mailbox.watchSignals()
  }

  func add(
    _ descriptor: Int32, wantsWrite: @escaping () -> Bool = { false }, onWritable: @escaping () -> Void = {},
    onReadable: @escaping () -> Void
  ) {
    sources[descriptor] = Source(onReadable: onReadable, wantsWrite: wantsWrite, onWritable: onWritable)
  }

  func remove(_ descriptor: Int32) { sources[descriptor] = nil }

  @discardableResult
  func after(_ delay: Duration, _ action: @escaping () -> Void) -> TimerID {
    lastTimer += 1
    let timer = (at: ContinuousClock.now + delay, id: TimerID(number: lastTimer), action: action)
    // Few timers at a time: an insertion into a sorted array beats a heap.
    timers.insert(timer, at: timers.firstIndex { $0.at > timer.at } ?? timers.count)
    return timer.id
  }

  func cancel(_ timer: TimerID?) {
    guard let timer else { return }
    timers.removeAll { $0.id == timer }
  }

  func stop() { isStopped = true }

  func run() {
    while !isStopped {
      onIdle()
      guard !isStopped else { break }
      var descriptors = [pollfd(fd: mailbox.reader, events: Int16(POLLIN), revents: 0)]
      for (descriptor, source) in sources {
        let events = POLLIN | (source.wantsWrite() ? POLLOUT : 0)
        descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
      }
      let ready = poll(&descriptors, nfds_t(descriptors.count), timeout())
      if ready > 0 { serve(descriptors) }
      fireTimers()
    }
    onIdle()
  }

  private func serve(_ descriptors: [pollfd]) {
    for item in descriptors where item.revents != 0 {
      if item.fd == mailbox.reader {
        let letters = mailbox.take()
        if letters.signals.contains(SIGCHLD) { onChildEnded() }
        if letters.signals.contains(SIGTERM) { onTerminate() }
        for letter in letters.closures { letter() }
        continue
      }
      if item.revents & Int16(POLLOUT) != 0 { sources[item.fd]?.onWritable() }
      if item.revents & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 { sources[item.fd]?.onReadable() }
    }
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

/// Why an event loop could not be made.
struct LoopProblem: Error, CustomStringConvertible {
  var description: String
}

/// What other threads, and the SIGCHLD handler, have for a loop.
final class LoopMailbox: Sendable {
  fileprivate let reader: Int32
  private let writer: Int32
  private let closures = Mutex<[@Sendable () -> Void]>([])
  /// The handler may take no lock and run no initialiser: it finds the descriptor here.
  nonisolated(unsafe) private static let signalPipe: UnsafeMutablePointer<Int32> = {
    let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    pointer.initialize(to: -1)
    return pointer
  }()

  fileprivate init() throws {
    var ends: [Int32] = [-1, -1]
    guard task_pipe(&ends) == 0 else { throw LoopProblem(description: "no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    (reader, writer) = (ends[0], ends[1])
  }

  fileprivate func watchSignals() {
    Self.signalPipe.pointee = writer
    var action = sigaction()
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP
    for number in [SIGCHLD, SIGTERM] {
      action.__sigaction_handler.sa_handler = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(LoopMailbox.signalPipe.pointee, &byte, 1)
        errno = saved
      }
      sigaction(number, &action, nil)
    }
  }

  /// Runs a closure on the loop, from any thread.
  func post(_ closure: @escaping @Sendable () -> Void) {
    closures.withLock { $0.append(closure) }
    var byte: UInt8 = 0
    _ = write(writer, &byte, 1)  // EAGAIN: the pipe is full, so it is readable already
  }

  fileprivate func take() -> (signals: Set<Int32>, closures: [@Sendable () -> Void]) {
    var bytes = [UInt8](repeating: 0, count: 256)
    var signals: Set<Int32> = []
    while case let count = read(reader, &bytes, bytes.count), count > 0 {
      for byte in bytes[..<count] where byte != 0 { signals.insert(Int32(byte)) }
    }
    let letters = closures.withLock { closures in
      defer { closures = [] }
      return closures
    }
    return (signals, letters)
  }
}
