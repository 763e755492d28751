import SessionModel
import Synchronization
import Wire

/// Why it is not known how a command went.
public enum CommandError: Error, Equatable, Sendable {
  /// It did not get through, and why.
  case refused(ControlError)
  /// The session closed before the command came to its end.
  case notFinished
  case sessionClosed
  case hostGone
  /// What was asked for goes on.
  case timedOut
  /// The host does not answer; what is known of it. What was asked for goes on when it does.
  case unanswered(String)
}

extension HostLink {
  /// Sends a command and learns how it goes: over a socket by the replies, else, and when the connection ends meanwhile,
  /// by its token in the journal. Blocks.
  ///
  /// - Parameters:
  ///   - waits: for its end; else for its being acknowledged.
  ///   - deadline: how long.
  ///   - patience: how long a host that does not answer is waited for.
  public func perform(
    _ command: OperatorCommand, reason: String?, waits: Bool, until deadline: ContinuousClock.Instant? = nil,
    patience: HostPatience = HostPatience()
  ) throws(CommandError) -> CommandReport {
    guard directory.isCommandable else { throw .refused(ControlError(.unreachable, directory.refusal)) }
    if case .gone = look(until: deadline) { throw lostHost }
    let progress = CommandProgress(waits: waits, asksJournal: way != .socket)
    // From before the command on.
    let tail = try? JournalTail(directory.journal, from: .end)
    send(command, reason: reason, token: progress.token) { [weak self] answer in
      progress.add(answer)
      self?.wake()
    }
    let end = follow(until: deadline, patience: patience, awaitsAnswer: { !progress.isAcknowledged }) {
      progress.readAnswers() || progress.read(tail)
    }
    if let outcome = progress.outcome { return try outcome.get() }
    switch end {
    case .timedOut: throw isSilent(look(until: deadline)) ? .unanswered(silenceWords) : .timedOut
    case .unanswered: throw .unanswered(silenceWords)
    case .done, .hostGone: throw lostHost == .sessionClosed ? CommandProgress.closedBefore : .hostGone
    }
  }

  private var lostHost: CommandError {
    if case .sessionClosed? = JournalEdges.lastEvent(of: directory.journal)?.kind { .sessionClosed } else { .hostGone }
  }
}

/// What became of one command so far.
private final class CommandProgress: Sendable {
  private struct State {
    var answers: [Result<CommandReport, ControlError>] = []
    var asksJournal: Bool
    var isAcknowledged = false
    var outcome: Result<CommandReport, CommandError>?
  }

  static let closedBefore = CommandError.notFinished

  let token = HostLink.newToken()
  private let waits: Bool
  private let state: Mutex<State>

  init(waits: Bool, asksJournal: Bool) {
    self.waits = waits
    state = Mutex(State(asksJournal: asksJournal))
  }

  var outcome: Result<CommandReport, CommandError>? { state.withLock { $0.outcome } }
  var isAcknowledged: Bool { state.withLock { $0.isAcknowledged } }

  func add(_ answer: Result<CommandReport, ControlError>) { state.withLock { $0.answers.append(answer) } }

  /// - Returns: whether it is known how the command went.
  func readAnswers() -> Bool {
    state.withLock { state in
      for answer in state.answers {
        switch answer {
        case .success(let report): note(report, &state)
        // Its last words may be in the journal.
        case .failure(Conversation.lost): state.asksJournal = true
        case .failure(let problem): state.outcome = .failure(.refused(problem))
        }
      }
      state.answers = []
      return state.outcome != nil
    }
  }

  private func note(_ report: CommandReport, _ state: inout State) {
    state.isAcknowledged = true
    if report.stage.isFinished || !waits { state.outcome = state.outcome ?? .success(report) }
  }

  /// - Returns: whether it is known how the command went.
  func read(_ tail: JournalTail?) -> Bool {
    state.withLock { state in
      guard state.asksJournal, let tail else { return false }
      while state.outcome == nil, let events = try? tail.events() {
        for event in events {
          guard case .command(let record) = event.kind, record.sender.request == token, record.stage != .requested
          else { continue }
          note(CommandReport(record), &state)
        }
        // A session that was taken up again closes more than once.
        if state.outcome == nil, case .sessionClosed? = events.last?.kind {
          state.outcome = .failure(Self.closedBefore)
        }
      }
      return state.outcome != nil
    }
  }
}
