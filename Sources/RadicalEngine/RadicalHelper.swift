import Dispatch
import Executor
import FoundationEssentials
import Glibc
import JSON
import Platform
import PythonCall
import SessionModel
import Synchronization
import Words
import Work

/// The host's side of the helper: its process, requests and their replies, and whether it still breathes.
final class RadicalHelper: Sendable {
  /// What the helper says by itself.
  enum Event: Sendable {
    case message(HelperMessage)
    /// It ended, or said nothing for `silence`; in words.
    case lost(String)
    /// It ended after it was asked to.
    case ended
  }

  /// A helper that says nothing for so long hangs: its heartbeat comes every 2 s.
  private let silence: Duration

  typealias Answer = Promise<Result<HelperReply, any Error>>

  private struct State {
    var peer: PeerProcess?
    var lastRequest = 0
    var waiting: [Int: Answer] = [:]
    /// Its heart beats from its first words on.
    var lastWord: ContinuousClock.Instant?
    /// It was asked to end, or will be told by the end of its input.
    var isClosing = false
    var isMute = false
    /// How its process ended: the answer to all that is asked of it then.
    var ending: String?
    var hasEnded: Bool { ending != nil }
  }

  private let state = Mutex(State())
  private let end = Promise<Void>()
  private let deliver: @Sendable ([Event]) -> Void
  private let log: String

  /// The helper's program, with the one that it hands on; a text of JSON is one of Python, too.
  private static var program: [UInt8] {
    let reader = JSONValue.string(String(decoding: PackageResources.slurm_reader_py, as: UTF8.self)).json
    return Array("SLURM_READER = \(reader)\n".utf8) + PackageResources.radical_helper_py
  }

  /// Seconds that tests shorten: variables of ours go to nobody by themselves.
  private static let limits = ["SCALEMS_HELPER_LAST_RESORT", "SCALEMS_HELPER_AGENT_PATIENCE"].compactMap { name in
    SystemText.variable(name).flatMap { Double($0) == nil ? nil : (name, $0) }
  }

  /// Starts the helper.
  ///
  /// - Parameters:
  ///   - session: the id of our session.
  ///   - venv: the virtual environment that has radical.pilot.
  ///   - directory: where it works; RP makes the directory of its session there.
  ///   - environment: set over that of this process.
  ///   - isOnThisMachine: whether RP's agent has no batch system: what one said of this process is not true of tasks.
  ///   - silence: what it may be silent for after its first words.
  ///   - deliver: called in order, with everything that could be read at once.
  /// - Throws: `DispatchError` when it cannot be started.
  init(
    session: String, venv: String, directory: HeldDirectory, environment: [String: String],
    isOnThisMachine: Bool = true, silence: Duration = .seconds(30), deliver: @escaping @Sendable ([Event]) -> Void
  ) throws(DispatchError) {
    self.deliver = deliver
    self.silence = silence
    log = directory.path + "/helper.log"
    let program = Self.program
    let path = SystemText.searchPath
    // RP logs errors only, unless someone wants more.
    let level = getenv("RADICAL_LOG_LVL").map { String(cString: $0) } ?? "WARNING"
    do {
      // RP's programs are looked for in PATH, and its pilot goes by VIRTUAL_ENV: an activated environment has both.
      let peer = try PeerProcess(
        // The id of the session, for whoever looks for what is left of it: RP's fork of this process carries it, too.
        command: [venv + "/bin/python", venv + "/bin/python", "-u"]
          + PythonCall.arguments(forProgramOf: program.count, name: "radical_helper.py") + [session],
        // RP makes the directory of its session in what PWD says, not in where it runs.
        environment: [
          ("PWD", directory.path),
          ("PATH", venv + "/bin:" + path), ("VIRTUAL_ENV", venv), ("PYTHONNOUSERSITE", "1"),
          ("RADICAL_REPORT", "False"), ("RADICAL_LOG_LVL", level),
        ] + RadicalLaunch.permissions + Self.limits + environment.sorted { $0.key < $1.key },
        without: { names in
          let outer = OuterVariables.names(in: names).filter { isOnThisMachine || !OuterVariables.isOfSlurm($0) }
          return outer.union(names.filter { !UserEnvironment.isForHelper($0) })
        }, directory: directory.heldPath, log: directory.openOwn("helper.log", O_WRONLY | O_CREAT | O_APPEND),
        receiver: HelperReceiver { [weak self] in self?.receive($0) })
      // The program comes over its input: so there is no file that somebody could exchange before it is run.
      peer.send(program)
      state.withLock { $0.peer = peer }
    } catch { throw DispatchError("the RADICAL-Pilot helper: \(error)") }
    Task { [weak self] in
      while let self, !state.withLock({ $0.hasEnded }) {
        checkPulse()
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  var pid: pid_t { state.withLock { $0.peer?.pid ?? 0 } }

  /// Asks, and awaits the reply.
  ///
  /// - Throws: `HelperError` when the helper refuses, `DispatchError` when it is gone.
  func ask(_ request: HelperRequest) async throws -> HelperReply {
    switch await enqueue(request).value() {
    case .success(let reply): return reply
    case .failure(let error): throw error
    }
  }

  /// Asks without waiting.
  ///
  /// - Parameter onFailure: called with the helper's words when it refuses.
  func send(_ request: HelperRequest, onFailure: @escaping @Sendable (String) -> Void) {
    // The order of requests is that of the calls, so the line goes out before this returns.
    let answer = enqueue(request)
    Task { if case .failure(let error) = await answer.value() { onFailure("\(error)") } }
  }

  /// Asks; the request is under way when this returns, so requests arrive in the order of the calls.
  func enqueue(_ request: HelperRequest) -> Answer {
    let answer = Answer()
    state.withLock { state in
      guard let peer = state.peer, !state.hasEnded else {
        return answer.fulfil(.failure(DispatchError(state.ending ?? "the RADICAL-Pilot helper is gone")))
      }
      state.lastRequest += 1
      peer.send(request.line(id: state.lastRequest))
      state.waiting[state.lastRequest] = answer
      if case .close = request { state.isClosing = true }
    }
    return answer
  }

  /// Closes its input; it then ends what is left of the session, and itself.
  func finish() {
    let peer = state.withLock { state in
      state.isClosing = true
      return state.peer
    }
    peer?.finish()
  }

  /// Awaits the end of its process.
  func untilEnded() async { await end.value() }

  /// Kills its process; what RP started is left to whoever sweeps.
  func kill() {
    let pid = pid
    if pid > 0, !state.withLock({ $0.hasEnded }) { Glibc.kill(pid, SIGKILL) }
  }

  // MARK: What it says

  private func receive(_ messages: [HelperReceiver.Message]) {
    var events: [Event] = []
    for message in messages {
      switch message {
      case .said(.reply(let id, let reply)):
        let answer = state.withLock { $0.waiting.removeValue(forKey: id) }
        // What came before the reply is handed on before whoever waits goes on.
        deliver(events)
        events = []
        answer?.fulfil(reply.ok ? .success(reply) : .failure(HelperError(reply: reply)))
      case .said(let message):
        // One that cannot work ends itself.
        if case .hello(let words) = message, words.error != nil { state.withLock { $0.isClosing = true } }
        events.append(.message(message))
      case .nonsense(let text):
        events.append(.message(.log(.warning, "the RADICAL-Pilot helper sent what is no message: \(text)")))
      case .ended(let status):
        ended(status, after: events)
        events = []
      }
    }
    state.withLock { $0.lastWord = .now }
    deliver(events)
  }

  private func ended(_ status: WaitStatus, after events: [Event]) {
    var how = status.words
    // A program's last words, if it had any.
    let last = PrintedText.lastLine(of: endOfFile(log, PrintedText.reach))
    if status.signal == nil, !last.isEmpty { how += ", \(last)" }
    let why = "the RADICAL-Pilot helper died (\(how)); see \(log)"
    let (answers, isExpected) = state.withLock { state in
      state.ending = why
      defer { state.waiting = [:] }
      return (state.waiting.values, state.isClosing)
    }
    // It is known before whoever waits for it goes on.
    deliver(events + [isExpected ? .ended : .lost(why)])
    for answer in answers { answer.fulfil(.failure(DispatchError(why))) }
    end.fulfil(())
  }

  private func checkPulse() {
    let isMute = state.withLock { state in
      guard !state.hasEnded, !state.isMute, let lastWord = state.lastWord, ContinuousClock.now - lastWord > silence
      else { return false }
      state.isMute = true
      return true
    }
    guard isMute else { return }
    deliver([.lost("the RADICAL-Pilot helper said nothing for \(silence.text) and was killed")])
    kill()
  }
}

/// The helper's "no" to a request.
struct HelperError: Error, CustomStringConvertible {
  var reply: HelperReply
  var description: String { reply.error ?? "refused without a reason" }

  /// With what would have been right.
  func sentence(configuration: RuntimeConfiguration?) -> String {
    guard let names = reply.names else { return description }
    let wrong = description.split(separator: "'").dropFirst().first.map(String.init) ?? ""
    let near = nearest(to: wrong, in: names).map { " (did you mean '\($0)'?)" } ?? ""
    // RP knows some sixty resources: those of the same site, or all there are when they are few.
    let site = wrong.split(separator: ".").first.map { $0 + "." } ?? ""
    let shown = names.count <= 25 ? names : names.filter { $0.hasPrefix(site) }
    return "\(description)\(near)" + (shown.isEmpty ? "" : ": there are \(shown.joined(separator: ", "))")
  }
}

/// Makes messages of lines.
struct HelperReceiver: LineReceiver, Sendable {
  enum Message: Sendable {
    case said(HelperMessage)
    case nonsense(String)
    case ended(WaitStatus)
  }

  private var messages: [Message] = []
  private let deliver: @Sendable ([Message]) -> Void

  init(deliver: @escaping @Sendable ([Message]) -> Void) { self.deliver = deliver }

  mutating func receive(_ line: UnsafeRawBufferPointer) {
    do { messages.append(.said(try HelperMessage(line: line))) } catch {
      messages.append(.nonsense(String(decoding: line.prefix(120), as: UTF8.self)))
    }
  }

  mutating func pause() {
    guard !messages.isEmpty else { return }
    deliver(messages)
    messages = []
  }

  mutating func ended(_ status: WaitStatus) { deliver([.ended(status)]) }
}
