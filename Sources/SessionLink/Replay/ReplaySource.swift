import SessionModel
import Synchronization
import SystemPackage
import TaskOutput
import Work

#if canImport(Glibc)
  import Glibc
#endif

/// Plays the record of a session, also of one that is still being written: what was there when it was opened.
public final class ReplaySource: SessionSource {
  private enum Input: Sendable {
    case order(PlayOrder)
    case tick
    /// The whole recording is known.
    case scanned
  }

  public let isReadOnly = true
  public let isOwned = false

  private let recording: Recording
  private let player: ReplayPlayer
  private let index: ReplayIndex
  /// Where an output of a task is, by the task's id and the name of the file.
  private let place: @Sendable (_ output: OutputID, _ uid: String, _ file: String) -> Result<String, OutputProblem>
  private let inputs: AsyncStream<Input>
  private let sender: AsyncStream<Input>.Continuation
  private let outputs = OutputDesk()
  /// In the order in which they were asked.
  private let reads: AsyncStream<@Sendable () async -> Void>.Continuation
  private let scan = Mutex<Task<Void, Never>?>(nil)
  /// Time between two looks at the recording while it plays.
  private static let interval = Duration.milliseconds(100)

  /// - Parameters:
  ///   - journal: the file of the recording.
  ///   - speed: recorded seconds a second; 0 begins at a standstill.
  /// - Throws: `SessionDirectory.DirectoryError` when the file cannot be read, is no journal, or holds no events.
  public convenience init(journal: FilePath, speed: Double = 1) throws(SessionDirectory.DirectoryError) {
    let directory = SessionDirectory(journal.removingLastComponent())
    try self.init(.journal(journal), speed: speed) { output, _, file in
      guard access(directory.path.appending("tasks").string, F_OK) == 0 else {
        return .failure(OutputProblem(words: "the recording has no task output"))
      }
      return .success(directory.output(output, named: file).string)
    }
  }

  /// - Parameters:
  ///   - events: what happened, in the order of its times.
  ///   - speed: recorded seconds a second; 0 begins at a standstill.
  ///   - output: where an output of a task is, by what its session calls it.
  /// - Throws: `SessionDirectory.DirectoryError` when there are no events.
  public convenience init(
    events: [SessionEvent], speed: Double = 1,
    output: @escaping @Sendable (_ uid: String, OutputStream) -> Result<String, OutputProblem>
  ) throws(SessionDirectory.DirectoryError) {
    try self.init(.events(events), speed: speed) { id, uid, _ in output(uid, id.stream) }
  }

  private init(
    _ recording: Recording, speed: Double,
    place: @escaping @Sendable (OutputID, String, String) -> Result<String, OutputProblem>
  ) throws(SessionDirectory.DirectoryError) {
    (self.recording, self.place) = (recording, place)
    index = ReplayIndex(step: recording.step)
    player = try ReplayPlayer(recording, speed: speed, index: index, now: Self.seconds)
    (inputs, sender) = AsyncStream.makeStream()
    let (asked, reads) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
    self.reads = reads
    Task.detached { for await read in asked { await read() } }
  }

  deinit {
    sender.finish()
    reads.finish()
    scan.withLock { $0 }?.cancel()
  }

  public func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    let (recording, player, index, inputs, sender) = (recording, player, index, inputs, sender)
    Task.detached {
      for update in await player.begin() { deliver(update) }
      sender.yield(.tick)
      var isTickDue = true
      for await input in inputs {
        let updates: [SessionUpdate]
        switch input {
        case .order(let order): updates = await player.obey(order)
        case .tick:
          isTickDue = false
          updates = await player.tick()
        case .scanned: updates = await player.tick()
        }
        for update in updates { deliver(update) }
        // A recording that stands still costs nothing.
        guard !isTickDue, await player.isPlaying else { continue }
        isTickDue = true
        Task.detached {
          try? await Task.sleep(for: Self.interval)
          sender.yield(.tick)
        }
      }
    }
    scan.withLock { scan in
      scan = Task.detached(priority: .utility) {
        index.scan(recording)
        // The end of the time line may be later than the last event said.
        sender.yield(.scanned)
      }
    }
  }

  public func play(_ order: PlayOrder) { sender.yield(.order(order)) }

  /// A recording takes no commands.
  public func send(_ command: OperatorCommand, reason: String?) {}

  public func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void) {
    reads.yield { [player, place, outputs] in
      let output = request.output
      let names = await player.place(of: output)
      outputs.read(
        request,
        at: {
          guard let names else { return .failure(.noTask(output.task.uid)) }
          return place(output, names.uid, names.file)
        }, answer)
    }
  }

  @Sendable private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
