@preconcurrency import Dispatch
import Executor
import Glibc
import LocalEngine
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import WorkflowFile

/// A session in this process, from its directory to its exit status.
struct HostedRun {
  enum Output {
    case screen(exitWhenDone: Bool, readOnly: Bool, ascii: Bool, mono: Bool)
    case batch
    case json
  }

  private let work: Work
  private let output: Output
  private let directory: SessionDirectory
  private let executor: DispatchingExecutor
  private let source: HostedSource
  private let batch: BatchOutput?

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
    if case .screen(_, let readOnly, _, _) = output { isReadOnly = readOnly }
    let source = HostedSource(directory: directory, isReadOnly: isReadOnly)
    self.source = source
    let journal: Journal
    do {
      try directory.create()
      switch output {
      case .screen:
        batch = nil
        journal = try Journal(creating: directory.journal, session: id) { source.observe($0) }
      case .batch, .json:
        let isJSON = if case .json = output { true } else { false }
        let batch = BatchOutput(json: isJSON)
        self.batch = batch
        journal = try Journal(creating: directory.journal, session: id) { batch.observe($0) }
      }
    } catch {
      complain("scalems-top: \(error)")
      throw ExitStatus(code: 3)
    }
    let info = SessionInfo(
      id: id, name: name, engine: configuration.engine.name, resource: configuration.resource, user: userName(),
      host: hostName(), pid: getpid(), directory: directory.path.string, reason: reason)
    var clientDirectory = here
    if case .file(_, let file) = work.source {
      clientDirectory = FilePath(here).pushing(FilePath(file)).removingLastComponent().lexicallyNormalized().string
    }
    let context = SessionContext(
      id: id, directory: directory.path.string, clientDirectory: clientDirectory, configuration: configuration)
    executor = DispatchingExecutor(context: context, info: info, engine: LocalEngine(), recorder: journal)
    source.connect(executor, user: info.user)
  }

  /// Runs to the end of the session and, with a screen, until it is left.
  ///
  /// - Returns: the exit status.
  func execute() -> Int32 {
    let done = DispatchSemaphore(value: 0)
    let outcome = Mutex<Result<SessionSummary, any Error>?>(nil)
    let signals = SignalWatch(executor: executor)
    let feeder = Feeder(executor: executor, work: work)
    Task.detached { [executor] in
      let result: Result<SessionSummary, any Error>
      do {
        try await executor.startup()
        feeder.start()
        result = .success(await executor.waitUntilClosed())
      } catch { result = .failure(error) }
      outcome.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    withExtendedLifetime(signals) {}
    switch outcome.withLock({ $0 }) {
    case .success(let summary):
      batch?.finish(summary, directory: directory.path.string)
      if let problem = feeder.problem {
        complain("scalems-top: \(problem)")
        return 2
      }
      return summary.exitCode
    case .failure(let error):
      complain("scalems-top: \(error)")
      return signals.first.map { 128 + $0 } ?? 3
    case nil: return 3
    }
  }
}
