import Glibc
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import TaskOutput
import Words
import Work

/// A program that `exec` runs, and the session of RADICAL-Pilot that it opens, for the screen that they were started for.
final class ProgramSource: OwnedSource {
  let isReadOnly: Bool
  let isOwned = true
  let keeper = SessionKeeper.program
  let program: String?

  private struct State {
    var session: RadicalSource?
    /// What is shown, but for the end, which is that of the program.
    var snapshot = SessionSnapshot()
    var summary: SessionSummary?
    var onClose: @Sendable (SessionSummary) -> Void = { _ in }
  }

  private let host: LaunchedHost
  private let state = Mutex(State())
  private let outputs = OutputDesk()
  private static let interval: UInt32 = 100_000

  init(_ host: LaunchedHost, isReadOnly: Bool) {
    self.host = host
    self.isReadOnly = isReadOnly
    program = ExecRecord(in: host.directory)?.title ?? host.session
  }

  func name(for host: LaunchedHost) -> String { state.withLock { $0.session?.site.session } ?? host.directory }
  var summary: SessionSummary? { state.withLock { $0.summary } }

  func onClose(_ body: @escaping @Sendable (SessionSummary) -> Void) { state.withLock { $0.onClose = body } }

  func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    state.withLock { state in
      let info = SessionInfo(
        id: host.session, name: program ?? "", engine: "radical", resource: "unknown", user: userName(),
        host: machineName(), pid: ExecRecord(in: host.directory)?.pid ?? 0, directory: host.directory)
      state.snapshot.apply(SessionEvent(source: .executor, .sessionOpened(info)))
      state.snapshot.apply(
        SessionEvent(
          source: .executor, .sessionPhase(.starting, reason: "the program runs, and has opened no session yet")))
    }
    deliver(.snapshot(state.withLock { $0.snapshot }))
    guard startThread({ [self] in follow(deliver) }) else {
      return deliver(.refused("the system gives no thread to follow the program with"))
    }
  }

  private func follow(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    // What its keeper has to say, which is in no file of the session.
    let said = TaskOutputTail(
      in: FilePath(host.directory).removingLastComponent(), FilePath(host.directory).lastComponent?.string ?? "",
      named: "host.log")
    var stream = PrintedStream()
    var shown: String?
    var wasToldOf = false
    while true {
      let isOver = host.hasEnded && !isAlone
      if host.hasEnded, !isOver, !wasToldOf {
        wasToldOf = true
        note(
          "the keeper of the program was killed: the program goes on, and nobody ends what it leaves; \(Self.way)",
          deliver)
      }
      var lines: [TerminalText] = []
      _ = try? said.read { bytes in
        lines.append(stream.take(bytes))
        return true
      }
      for line in lines.flatMap({ $0.text.split(separator: "\n") }) { note(String(line), deliver) }
      // The newest one that it opened.
      if let directory = ExecRecord(in: host.directory)?.session, directory != shown {
        shown = directory
        show(directory, deliver)
      }
      if isOver { return end(deliver) }
      usleep(Self.interval)
    }
  }

  /// Whether the program runs without the one that keeps it.
  private var isAlone: Bool { ExecRecord(in: host.directory)?.isRunning(in: host.directory) ?? false }
  private static let way = "X ends its session, and 'scalems-top doctor --orphans' what is left"

  private func note(_ line: String, _ deliver: @Sendable (SessionUpdate) -> Void) {
    let text = line.hasPrefix("scalems-top: ") ? String(line.dropFirst("scalems-top: ".count)) : line
    let session = state.withLock { $0.session }
    guard session == nil || session?.summary != nil else {
      session?.note(.warning, text)
      return
    }
    let snapshot = state.withLock { state in
      state.snapshot.apply(SessionEvent(source: .executor, .log(.warning, text)))
      return state.snapshot
    }
    deliver(.snapshot(snapshot))
  }

  private func show(_ directory: String, _ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    guard let site = RadicalSite(directory: directory, home: homeDirectory()),
      let sighting = RadicalSighting.among(ProcessTable().descendants(of: host.pid).map(\.pid))
        .first(where: { $0.session == site.session })
    else { return }
    let session = RadicalSource(
      sighting.site ?? site, sighting, origin: originWords(), isReadOnly: isReadOnly)
    let before = state.withLock { state in
      let before = state.session
      state.session = session
      return before
    }
    before?.close()
    session.open { [weak self] update in self?.take(update, from: session, deliver) }
  }

  private func take(
    _ update: SessionUpdate, from session: RadicalSource, _ deliver: @Sendable (SessionUpdate) -> Void
  ) {
    switch update {
    case .snapshot(var snapshot):
      let isShown = state.withLock { state in
        guard state.session === session, state.summary == nil else { return false }
        if snapshot.phase == .closed {
          snapshot.reopen(because: "its session has closed; the program has not ended yet")
        }
        state.snapshot = snapshot
        return true
      }
      if isShown { deliver(.snapshot(snapshot)) }
    case .link(var link):
      // That its session is gone is not its end.
      if case .gone = link.host { link.host = .alive }
      deliver(.link(link))
    default: deliver(update)
    }
  }

  private func end(_ deliver: @Sendable (SessionUpdate) -> Void) {
    let (snapshot, body) = state.withLock { state in
      let opened = state.snapshot.opened ?? .now
      let summary = SessionSummary(
        session: state.session?.site.session ?? host.session, tasks: state.snapshot.tasks.countsByState,
        wall: max(0, Timestamp.now.seconds(since: opened)),
        exitCode: ExecRecord(in: host.directory)?.exit ?? 128 + SIGKILL)
      state.snapshot.apply(SessionEvent(source: .executor, .sessionClosed(summary)))
      state.summary = summary
      return (state.snapshot, (summary, state.onClose))
    }
    deliver(.snapshot(snapshot))
    body.1(body.0)
  }

  func suspend() { state.withLock { $0.session }?.suspend() }

  func resume() { state.withLock { $0.session }?.resume() }

  func send(_ command: OperatorCommand, reason: String?) {
    guard !isReadOnly else { return }
    let session = state.withLock { $0.session }
    if let session, session.summary == nil, !session.isHostGone { return session.send(command, reason: reason) }
    // Without a session there is the program to be ended.
    if command.verb == .close { host.signal(SIGINT) }
  }

  func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void) {
    guard request.output.task == .program else {
      guard let session = state.withLock({ $0.session }) else {
        return answer(OutputAnswer(number: request.number, .failure("there is no session yet")))
      }
      return session.read(request, answer)
    }
    outputs.read(request, at: { [host] in .success("\(host.directory)/\(request.output.stream.rawValue)") }, answer)
  }

  func sayEnd(of host: LaunchedHost, _ status: Int32) {
    guard let summary else {
      if isAlone {
        return complain(
          "scalems-top: the keeper of the program was killed; the program goes on: 'scalems-top attach "
            + "\(host.directory)' shows it, where \(Self.way)")
      }
      return complain("scalems-top: the program could not start: see \(host.directory)/host.log")
    }
    put(summaryLine(summary, directory: host.directory) + "\n")
    if ExecRecord(in: host.directory)?.exit == nil {
      complain(
        "scalems-top: the keeper of the program was killed, and how the program ended is not known; "
          + "'scalems-top doctor --orphans' ends what is left")
    }
  }
}

extension SessionSnapshot {
  /// Of a session that has closed while its program goes on.
  fileprivate mutating func reopen(because reason: String) {
    phase = .closing
    (phaseReason, summary, closed) = (reason, nil, nil)
  }
}
