import Glibc
import Platform
import SessionModel
import Wire
import Words
import Work

/// The raptor of a local pilot: a process that runs items in worker slots and speaks CPI on its standard streams:
/// `hello` (answers name and version), `add_item`, `stop` (finishes what runs, takes nothing new, ends).
///
/// How many items it has at a time is the agent's affair, which accounts the cores of the workers.
final class Raptor {
  private let link: HelperLink
  private var runner: TaskRunner?
  private var isStopping = false
  private var killGrace = 5.0

  private init() throws { link = try HelperLink(processName: "scalems-raptor") }

  /// Serves its agent until it stops, is told to end, or the agent is gone.
  ///
  /// - Returns: the exit status of the process.
  static func run() -> Int32 {
    do {
      let raptor = try Raptor()
      raptor.serve()
      return 0
    } catch {
      complain("scalems-raptor: \(error)")
      return 1
    }
  }

  private func serve() {
    link.onRequest = { [unowned self] in receive($0) }
    link.onEnd = { [unowned self] in endNow() }
    link.serve { [unowned self] in
      if isStopping, runner?.runningCount ?? 0 == 0, link.hasWritten { link.loop.stop() }
    }
    runner?.close()
  }

  private func receive(_ outcome: RequestReader.Outcome) {
    switch outcome {
    case .problem(let text): link.emit(SessionEvent(source: .raptor, .log(.error, text)))
    case .otherVersion(let words):
      link.write { RaptorHello(problem: words).write(to: &$0) }
      endNow()
    case .request(.start(let configuration)): start(configuration)
    case .request(.hello) where !isStopping: link.write { RaptorHello().write(to: &$0) }
    case .request(.addItem(let item, let slots)):
      if isStopping {
        let result = TaskResult(attempt: item.attempt, reason: "the raptor is stopping")
        link.emit(SessionEvent(source: .raptor, .task(item.id, .failed, result)))
      } else {
        runner?.start(item, slots)
      }
    case .request(.cancel(let ids, let grace)): runner?.cancel(ids, grace: grace)
    case .request(.directory(let identity)): runner?.follow(identity)
    case .request(.stop): isStopping = true
    case .request: break
    }
  }

  private func start(_ configuration: AgentConfiguration) {
    killGrace = configuration.killGrace
    do {
      let runner = try TaskRunner(configuration: .init(configuration, source: .raptor), loop: link.loop)
      runner.emit = { [unowned self] in link.emit($0) }
      runner.onShortage = { [unowned self] item, shortage in
        link.write { RaptorShortage(id: item.id, shortage: shortage).write(to: &$0) }
      }
      self.runner = runner
    } catch {
      complain("scalems-raptor: \(error)")
      link.loop.stop()
    }
  }

  /// Ends what runs and then itself.
  private func endNow() {
    link.stopListening()
    isStopping = true
    guard let runner, runner.runningCount > 0 else { return link.loop.stop() }
    let grace = min(2, killGrace)
    runner.cancel(runner.ids, because: .canceled, grace: grace)
    link.loop.after(Duration(saturating: grace + 1)) { [unowned self] in link.loop.stop() }
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
