import SessionModel
import Synchronization
import SystemPackage
import TaskOutput
import Work

#if canImport(Glibc)
  import Glibc
#endif

/// Plays the journal of a session, also of one that is still being written: what was there when it was opened.
public final class ReplaySource: SessionSource {
  private enum Input: Sendable {
    case order(PlayOrder)
    case tick
    /// The whole recording is known.
    case scanned
  }

  public let isReadOnly = true
  public let isOwned = false

  private let path: FilePath
  private let player: ReplayPlayer
  private let index = ReplayIndex()
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
  public init(journal: FilePath, speed: Double = 1) throws(SessionDirectory.DirectoryError) {
    path = journal
    player = try ReplayPlayer(journal, speed: speed, index: index, now: Self.seconds)
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
    let (path, player, index, inputs, sender) = (path, player, index, inputs, sender)
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
        index.scan(path)
        // The end of the time line may be later than the last event said.
        sender.yield(.scanned)
      }
    }
  }

  public func play(_ order: PlayOrder) { sender.yield(.order(order)) }

  /// A recording takes no commands.
  public func send(_ command: OperatorCommand, reason: String?) {}

  public func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void) {
    reads.yield { [player, path, outputs] in
      let output = request.output
      let name = await player.outputName(of: output)
      let directory = SessionDirectory(path.removingLastComponent())
      outputs.read(
        request,
        at: {
          guard let name else { return .failure(.noTask(output.task.uid)) }
          guard access(directory.path.appending("tasks").string, F_OK) == 0 else {
            return .failure(OutputProblem(words: "the recording has no task output"))
          }
          return .success(directory.output(of: output.task, named: name).string)
        }, answer)
    }
  }

  @Sendable private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
