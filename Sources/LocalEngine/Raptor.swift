import CTaskLaunch
import Glibc
import SessionModel

/// The raptor of a local pilot: a process that runs items in worker slots and speaks CPI on its standard streams:
/// `hello` (answers name and version), `add_item`, `stop` (finishes what runs, takes nothing new, ends).
///
/// How many items it has at a time is the agent's affair, which accounts the cores of the workers.
final class Raptor {
  private let loop: EventLoop
  private var output = OutputBuffer(STDOUT_FILENO)
  private var lines = LineReader()
  private var requests = RequestReader()
  private var json = JSONWriter()
  private var runner: TaskRunner?
  private var isStopping = false
  private var killGrace = 5.0

  private init() throws { loop = try EventLoop() }

  /// Serves its agent until it stops, is told to end, or the agent is gone.
  ///
  /// - Returns: the exit status of the process.
  static func run() -> Int32 {
    task_set_process_name("scalems-raptor")
    task_close_descriptors_on_exec(3)
    for number in [SIGINT, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
    do {
      guard task_become_subreaper() == 0 else { throw LoopProblem(description: "no subreaper: \(errorText())") }
      let raptor = try Raptor()
      raptor.serve()
      return 0
    } catch {
      TaskFiles.report("scalems-raptor: \(error)")
      return 1
    }
  }

  private func serve() {
    loop.onIdle = { [unowned self] in
      output.flush()
      if isStopping, runner?.runningCount ?? 0 == 0, output.isEmpty { loop.stop() }
    }
    loop.add(STDIN_FILENO) { [unowned self] in
      if case .ended = lines.read(STDIN_FILENO, receive) { endNow() }
    }
    loop.add(
      STDOUT_FILENO, wantsWrite: { [unowned self] in !output.isEmpty },
      onWritable: { [unowned self] in output.flush() }, onReadable: { [unowned self] in endNow() })
    loop.onTerminate = { [unowned self] in endNow() }
    loop.run()
    ProcessTable.killDescendants()
  }

  private func receive(_ line: UnsafeRawBufferPointer) {
    switch requests.read(line) {
    case .problem(let text): emit(SessionEvent(source: .raptor, .log(.error, text)))
    case .start(let configuration): start(configuration)
    case .request(.hello):
      RaptorHello().write(to: &json)
      flushJSON()
    case .request(.addItem(let item)):
      if isStopping {
        let result = TaskResult(attempt: item.attempt, reason: "the raptor is stopping")
        emit(SessionEvent(source: .raptor, .task(item.id, .failed, result)))
      } else {
        runner?.start(item)
      }
    case .request(.cancel(let ids, let grace)): runner?.cancel(ids, grace: grace)
    case .request(.stop): isStopping = true
    case .request: break
    }
  }

  private func start(_ configuration: AgentConfiguration) {
    killGrace = configuration.killGrace
    let runnerConfiguration = TaskRunner.Configuration(
      session: configuration.session, sessionDirectory: configuration.sessionDirectory,
      clientDirectory: configuration.clientDirectory, killGrace: killGrace, source: .raptor)
    do {
      let runner = try TaskRunner(configuration: runnerConfiguration, loop: loop)
      runner.emit = { [unowned self] in emit($0) }
      self.runner = runner
    } catch {
      TaskFiles.report("scalems-raptor: \(error)")
      loop.stop()
    }
  }

  /// Ends what runs and then itself.
  private func endNow() {
    loop.remove(STDIN_FILENO)
    isStopping = true
    guard let runner, runner.runningCount > 0 else { return loop.stop() }
    let grace = min(2, killGrace)
    runner.cancel(runner.ids, because: .canceled, grace: grace)
    loop.after(.seconds(grace + 1)) { [unowned self] in loop.stop() }
  }

  private func emit(_ event: SessionEvent) {
    event.write(to: &json)
    flushJSON()
  }

  private func flushJSON() {
    output.append(json.bytes)
    json.removeAll()
  }
}

/// The processes that this program starts from itself.
public enum HelperProcess: String, CaseIterable, Sendable {
  case agent, raptor

  /// Runs the helper until it ends; call first thing in `main`, on the main thread.
  ///
  /// - Returns: the exit status of the process.
  public func run() -> Int32 {
    switch self {
    case .agent: Agent.run()
    case .raptor: Raptor.run()
    }
  }
}
