/// Whether a session takes a command now: one table, which the executor, the keys and the verbs ask.
public enum Admission: Equatable, Sendable {
  case admitted
  /// It was asked for before: asking again waits for the same end. A `close` may hurry it.
  case underWay
  case refused(CommandFailure)

  public static let closed = CommandFailure(.closed, "the session is closed")

  private static func refused(_ code: CommandFailure.Code, _ sentence: String) -> Admission {
    .refused(CommandFailure(code, sentence))
  }

  /// - Parameters:
  ///   - raptor: the raptor as it was last confirmed.
  ///   - isRaptorEnding: whether a command is ending it.
  public static func of(
    _ verb: OperatorCommand.Verb, in phase: SessionPhase, raptor: RaptorStatus? = nil, isRaptorEnding: Bool = false
  ) -> Admission {
    switch (verb, phase) {
    case (_, .closed): .refused(closed)
    case (.close, .closing): .underWay
    // A task may be what the closing waits for.
    case (.cancel, .closing): .admitted
    case (.submit, .closing), (.rerun, .closing):
      .refused(.closing, "the session takes no more work: it is closing")
    case (.cancelRaptor, .closing): .refused(.closing, "the session is closing, and ends its raptor")
    case (_, .closing): .refused(.closing, "the session is closing")
    case (.drain, .draining), (.stop, .stopping): .underWay
    case (.submit, .draining), (.submit, .stopping), (.rerun, .draining), (.rerun, .stopping):
      .refused(.noNewWork, "the session takes no new work: it is \(phase.rawValue)")
    case (.resume, .starting), (.resume, .running): .refused(.nothingToUndo, "there is no drain or stop to undo")
    case (.cancelRaptor, _): ofRaptor(raptor, isEnding: isRaptorEnding)
    case (.close, _), (.cancel, _), (.resume, _), (.drain, _), (.stop, _), (.submit, _), (.rerun, _):
      .admitted
    }
  }

  private static func ofRaptor(_ raptor: RaptorStatus?, isEnding: Bool) -> Admission {
    guard let raptor else { return .refused(.noRaptor, "the session has no raptor") }
    guard !raptor.state.isFinal else { return .refused(.raptorEnded, "the raptor has ended already") }
    return isEnding ? .underWay : .admitted
  }
}

extension SessionSnapshot {
  /// Whether the session, as far as it is known, takes a command now.
  public func admission(of verb: OperatorCommand.Verb) -> Admission {
    Admission.of(
      verb, in: phase, raptor: raptor,
      isRaptorEnding: pendingCommands.contains { $0.verb == .cancelRaptor && $0.stage == .acknowledged })
  }
}
