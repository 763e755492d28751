@preconcurrency import Dispatch
import Executor
import Glibc
import Interface
import LocalEngine
import Processes
import RadicalEngine
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import Terminal
import WorkflowFile

/// A session in this process, from its directory to its exit status.
struct HostedRun {
  enum Output {
    case screen(InterfaceOptions)
    case batch
    case json
  }

  private let work: Work
  private let output: Output
  private let directory: SessionDirectory
  private let executor: DispatchingExecutor
  private let source: HostedSource
  private let batch: BatchOutput?
  private let user: String
  private let tending: Tending

  /// Makes the session's directory and journal; nothing runs yet.
  ///
  /// - Throws: `ExitStatus` 3 when they cannot be made, after saying why.
  init(
    work: Work, configuration: RuntimeConfiguration, sessionDirectory: String?, name: String, reason: String?,
    output: Output
  ) throws {
    self.work = work
    self.output = output
    let here = currentDirectory()
    let id = newSessionID()
    let path = FilePath(sessionDirectory ?? "scalems-sessions/\(id)")
    directory = SessionDirectory(path.isAbsolute ? path : FilePath(here).pushing(path).lexicallyNormalized())
    var isReadOnly = false
    if case .screen(let options) = output { isReadOnly = options.isReadOnly }
    let source = HostedSource(directory: directory, isReadOnly: isReadOnly)
    self.source = source
    let journal: Journal
    do {
      try directory.create()
      switch output {
      case .screen:
        batch = nil
        journal = try Journal(creating: directory.journal, session: id) { events, _ in source.observe(events) }
      case .batch, .json:
        let isJSON = if case .json = output { true } else { false }
        let batch = BatchOutput(json: isJSON)
        self.batch = batch
        journal = try Journal(creating: directory.journal, session: id) { events, _ in batch.observe(events) }
      }
    } catch {
      complain("scalems-top: \(error)")
      throw ExitStatus(code: 3)
    }
    journal.keepCheckpoints(in: directory)
    tending = Tending(journal)
    let info = SessionInfo(
      id: id, name: name, engine: configuration.engine.name, resource: configuration.resource, user: userName(),
      host: machineName(), pid: getpid(), directory: directory.path.string, reason: reason)
    var clientDirectory = here
    if case .file(_, let file) = work.source {
      clientDirectory = FilePath(here).pushing(FilePath(file)).removingLastComponent().lexicallyNormalized().string
    }
    let context = SessionContext(
      id: id, directory: directory.path.string, clientDirectory: clientDirectory, configuration: configuration)
    let engine: any PilotEngine = configuration.engine.name == EngineKind.radical.name ? RadicalEngine() : LocalEngine()
    executor = DispatchingExecutor(context: context, info: info, engine: engine, recorder: journal)
    user = info.user
  }

  /// Runs to the end of the session and, with a screen, until it is left.
  ///
  /// - Returns: the exit status.
  func execute() -> Int32 {
    let life = SessionLife(executor: executor, work: work)
    source.connect(executor, user: user) { life.start() }
    switch output {
    case .batch, .json:
      let signals = SignalWatch(executor: executor)
      life.start()
      life.wait()
      return report(life, signals)
    case .screen(let options): return show(options, life)
    }
  }

  private func show(_ options: InterfaceOptions, _ life: SessionLife) -> Int32 {
    do {
      let runner = try InterfaceRunner(source: source, options: options)
      let signals = SignalWatch(
        executor: executor,
        onSignal: { _ in
          // Only the summary is left on the screen.
          if life.hasEnded { runner.stop() }
        }, lastWords: { TerminalGuard.restoreTerminal() })
      // Who interrupted the session waits for its end, not for a summary to dismiss.
      life.onEnd { if signals.first != nil { runner.stop() } }
      let outcome = try runner.run()
      if outcome == .left, !life.hasEnded { complain("scalems-top: the session ends, please wait …") }
      life.wait()
      return report(life, signals)
    } catch {
      complain("scalems-top: \(error)")
      return 2
    }
  }

  /// In batch, errors were said when they happened.
  private func complainOnce(_ text: String) {
    if case .batch = output { return }
    complain("scalems-top: \(text)")
  }

  private func report(_ life: SessionLife, _ signals: SignalWatch) -> Int32 {
    if let problem = tending.finish() { complain("scalems-top: \(problem)") }
    switch life.outcome {
    case .success(let summary):
      if let batch {
        batch.finish(summary, directory: directory.path.string)
      } else {
        print(summaryLine(summary, directory: directory.path.string))
      }
      if let problem = summary.problem { complainOnce(problem) }
      guard let problem = life.problem else { return summary.exitCode }
      complain("scalems-top: \(problem)")
      return 2
    case .failure(let error):
      complainOnce("\(error)")
      return signals.first.map { 128 + $0 } ?? 3
    case nil: return 3
    }
  }
}

/// The way of one session from its start to its end, beside whatever shows it.
private final class SessionLife: Sendable {
  private struct State {
    var isStarted = false
    var outcome: Result<SessionSummary, any Error>?
    var onEnd: @Sendable () -> Void = {}
  }

  private let executor: DispatchingExecutor
  private let feeder: Feeder
  private let state = Mutex(State())
  private let done = DispatchSemaphore(value: 0)

  init(executor: DispatchingExecutor, work: Work) {
    self.executor = executor
    feeder = Feeder(executor: executor, work: work)
  }

  var outcome: Result<SessionSummary, any Error>? { state.withLock { $0.outcome } }
  var hasEnded: Bool { outcome != nil }
  /// Why the work was refused, in words.
  var problem: String? { feeder.problem }

  func onEnd(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onEnd = body } }

  func start() {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    Task.detached { [self] in
      let result: Result<SessionSummary, any Error>
      do {
        try await executor.startup()
        feeder.start()
        result = .success(await executor.waitUntilClosed())
      } catch { result = .failure(error) }
      let onEnd = state.withLock { state in
        state.outcome = result
        return state.onEnd
      }
      onEnd()
      done.signal()
    }
  }

  /// Blocks the calling thread until the session has ended.
  func wait() {
    done.wait()
    done.signal()
  }
}
