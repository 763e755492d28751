import Platform
import SessionModel
import Synchronization

/// Reads the outputs of tasks for those who must not wait: each on a lane of its own, so that one whose file system hangs
/// holds up no other, and nothing else.
///
/// A lane is a thread only as long as it has something to do. One that hangs cannot be ended: when too many do, more are
/// refused in a sentence.
public final class OutputDesk: Sendable {
  private struct Lanes {
    var all: [OutputID: OutputLane] = [:]
    /// From the one that was used longest ago.
    var order: [OutputID] = []
  }

  private let lanes = Mutex(Lanes())
  private let open: OutputReader.Opener?
  static let laneLimit = 8

  public init() { open = nil }

  /// For tests.
  ///
  /// - Parameter open: how files are opened.
  init(open: @escaping OutputReader.Opener) { self.open = open }

  /// Carries a request out; those before it to the same output are moot.
  ///
  /// - Parameter path: where the output is, or why there is none; asked for on the lane.
  public func read(
    _ request: OutputRequest, at path: @escaping @Sendable () -> Result<String, OutputProblem>,
    _ answer: @escaping @Sendable (OutputAnswer) -> Void
  ) {
    let lane = lanes.withLock { lanes -> OutputLane? in
      if lanes.all[request.output] == nil {
        if lanes.all.count >= Self.laneLimit {
          guard let idle = lanes.order.first(where: { lanes.all[$0]?.isIdle ?? true }) else { return nil }
          lanes.all[idle] = nil
          lanes.order.removeAll { $0 == idle }
        }
        lanes.all[request.output] = OutputLane(open: open)
      }
      lanes.order.removeAll { $0 == request.output }
      lanes.order.append(request.output)
      return lanes.all[request.output]
    }
    guard let lane else {
      let words = "\(Self.laneLimit) other outputs do not answer: their file systems may hang"
      answer(OutputAnswer(number: request.number, .failure(words)))
      return
    }
    lane.take(OutputLane.Job(request: request, path: path, answer: answer))
  }
}

/// Why there is no output to read: one sentence.
public struct OutputProblem: Error, Sendable {
  public var words: String

  public init(words: String) { self.words = words }

  public static func noTask(_ uid: String) -> OutputProblem {
    OutputProblem(words: "the session has no task \(uid)")
  }
}

/// Reads of one output, one after the other.
private final class OutputLane: Sendable {
  struct Job: Sendable {
    var request: OutputRequest
    var path: @Sendable () -> Result<String, OutputProblem>
    var answer: @Sendable (OutputAnswer) -> Void

    var foundPath: String?

    func say(_ result: OutputAnswer.Result) { answer(OutputAnswer(number: request.number, result, path: foundPath)) }
  }

  private struct State {
    var next: Job?
    var isRunning = false
  }

  private let state = Mutex(State())
  /// Only the thread of the lane has it.
  private let reader = Mutex<(path: String, reader: OutputReader)?>(nil)
  private let open: OutputReader.Opener?

  init(open: OutputReader.Opener?) { self.open = open }

  var isIdle: Bool { state.withLock { !$0.isRunning } }

  func take(_ job: Job) {
    let isNew = state.withLock { state in
      state.next = job
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if isNew, !startThread({ self.work() }) {
      state.withLock { $0 = State() }
      job.say(.failure("the system gives no thread to read with"))
    }
  }

  private func work() {
    while let job = next() { carryOut(job) }
  }

  private func next() -> Job? {
    state.withLock { state in
      defer { state.next = nil }
      if state.next == nil { state.isRunning = false }
      return state.next
    }
  }

  private var isWanted: Bool { state.withLock { $0.next != nil } }

  private func carryOut(_ job: Job) {
    reader.withLock { kept in
      let path: String
      switch job.path() {
      case .success(let found): path = found
      case .failure(let problem): return job.say(.failure(problem.words))
      }
      var job = job
      job.foundPath = path
      var reader =
        kept.flatMap { $0.path == path ? $0.reader : nil } ?? open.map { OutputReader(path, open: $0) }
        ?? OutputReader(path)
      do throws(LineWalk.Failure) {
        try carryOut(job, &reader)
      } catch { job.say(.failure(error.words)) }
      kept = (path, reader)
    }
  }

  private func carryOut(_ job: Job, _ reader: inout OutputReader) throws(LineWalk.Failure) {
    let request = job.request
    func page(_ place: OutputRequest.Place) throws(LineWalk.Failure) -> OutputPage {
      try reader.page(place, before: request.before, after: request.after)
    }
    var place: OutputRequest.Place
    var hit: (line: Int, isAround: Bool)?
    switch request.kind {
    case .page(let wanted): place = wanted
    case .search(let needle, let from, let isBackward, let isAfter):
      var said = ContinuousClock.now
      hit = try reader.search(needle, from: from, isBackward: isBackward, isAfter: isAfter) { share in
        if .now - said > .milliseconds(100) {
          said = .now
          job.say(.searching(share))
        }
        return !isWanted
      }
      guard let hit else {
        if !isWanted { job.say(.notFound) }
        return
      }
      place = .byte(hit.line)
    }
    func say(_ page: OutputPage) {
      if let hit { job.say(.found(page, hit.line, isAround: hit.isAround)) } else { job.say(.page(page)) }
    }
    say(try page(place))
    // Nobody waits for it: the numbers of the lines follow.
    guard reader.isCounting, try reader.countOn(while: { !isWanted }) else { return }
    hit = nil
    say(try page(place))
  }
}
