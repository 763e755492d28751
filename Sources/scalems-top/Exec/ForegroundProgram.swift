@preconcurrency import Dispatch
import Glibc
import JSON
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import Wire
import Words

/// A program that is kept without a screen: what it prints is printed, or what happens in its sessions.
struct ForegroundProgram {
  var isJSON: Bool

  /// Prints what comes, on a thread of its own: the program never waits for who reads it.
  private final class Lane: Sendable {
    private let isOver = Atomic(false)
    private let done = DispatchSemaphore(value: 0)
    private static let pause: UInt32 = 100_000

    /// - Parameter step: prints what is new; false when nobody reads any more.
    init(_ step: @escaping @Sendable () -> Bool) {
      let isStarted = startThread { [self] in
        while true {
          // In this order: what was written before the end is printed.
          let isLast = isOver.load(ordering: .sequentiallyConsistent)
          guard step(), !isLast else { break }
          usleep(Self.pause)
        }
        done.signal()
      }
      guard !isStarted else { return }
      complain("scalems-top: the system gives no thread to print with")
      done.signal()
    }

    func finish() {
      isOver.store(true, ordering: .sequentiallyConsistent)
      done.wait()
    }
  }

  private final class Tail: @unchecked Sendable {
    private let tail: TaskOutputTail
    private let put: @Sendable (ArraySlice<UInt8>) -> Bool

    init(_ directory: String, _ name: String, _ put: @escaping @Sendable (ArraySlice<UInt8>) -> Bool) {
      let path = FilePath(directory)
      tail = TaskOutputTail(in: path.removingLastComponent(), path.lastComponent?.string ?? "", named: name)
      self.put = put
    }

    /// One thread calls it.
    func step() -> Bool { (try? tail.read(put)) ?? false }
  }

  private final class Events: @unchecked Sendable {
    private let session: RadicalSession
    private var recording: RadicalRecording?

    init(_ session: RadicalSession) { self.session = session }

    /// One thread calls it.
    func step() -> Bool {
      let recording = recording ?? RadicalRecording(session.site, session.sighting, follows: true)
      self.recording = recording
      let events = recording.next()
      var writer = JSONWriter()
      recording.write(events, to: &writer)
      return (events.isEmpty || putJSON(writer.bytes)) && !recording.isOver
    }

    /// Tasks by RADICAL-Pilot's names of states, when all was read.
    var counts: [String: Int] { recording?.snapshot.tasks.countsByState ?? [:] }
  }

  /// - Returns: the exit status.
  func run(_ keeper: ProgramKeeper) throws -> Int32 {
    let isOver = Mutex(false)
    let count = keeper.signals
    let signals = try SignalSources { number in
      // Who does not read any more is not waited for.
      if isOver.withLock({ $0 }) { _exit(128 + number) }
      count.add()
    }
    defer { withExtendedLifetime(signals) {} }
    let input = isatty(STDIN_FILENO) == 1 ? -1 : STDIN_FILENO
    try keeper.start(input: input)
    let directory = keeper.directory.path
    var lanes: [Lane] = []
    var events: [Events] = []
    if isJSON {
      keeper.onSession = { session in
        let feed = Events(session)
        events.append(feed)
        lanes.append(Lane { feed.step() })
      }
    } else {
      let stdout = Tail(directory, "stdout") { putRaw($0) }
      let stderr = Tail(directory, "stderr") {
        complainRaw($0)
        return true
      }
      lanes = [Lane { stdout.step() }, Lane { stderr.step() }]
    }
    let (status, left) = keeper.run()
    isOver.withLock { $0 = true }
    for lane in lanes { lane.finish() }
    var counts: [String: Int] = [:]
    for feed in events { counts.merge(feed.counts) { $0 + $1 } }
    let summary = SessionSummary(
      session: keeper.opened.last?.site.session ?? keeper.id, tasks: counts, wall: keeper.wall, leftovers: left,
      exitCode: status)
    if isJSON { putJSON(summary.line) }
    return status
  }
}
