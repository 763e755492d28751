import SessionModel
import Testing

@Suite struct VerbTests {
  @Test func everyVerbHasWords() {
    for verb in OperatorCommand.Verb.allCases {
      #expect(!verb.help.isEmpty && verb.help.first?.isLowercase == true)
      #expect(!verb.title.contains("-"))
    }
  }

  @Test(
    arguments: [
      (.starting, [.drain, .stop, .cancel, .cancelRaptor, .close, .submit]),
      (.running, [.drain, .stop, .cancel, .cancelRaptor, .close, .submit]),
      (.draining, [.stop, .resume, .cancel, .cancelRaptor, .close]),
      (.stopping, [.resume, .cancel, .cancelRaptor, .close]),
      (.closing, []), (.closed, []),
    ] as [(SessionPhase, [OperatorCommand.Verb])])
  func whatIsPossibleWhen(_ phase: SessionPhase, _ possible: [OperatorCommand.Verb]) {
    #expect(OperatorCommand.Verb.allCases.filter { $0.isPossible(in: phase) } == possible)
    var snapshot = SessionSnapshot()
    snapshot.apply(SessionEvent(source: .executor, .sessionPhase(phase, reason: nil)))
    for verb in OperatorCommand.Verb.allCases where !possible.contains(verb) {
      #expect(verb.refusal(in: snapshot) == "\(verb.title): not while the session is \(phase.rawValue)")
    }
  }

  @Test func theRaptorMustRunToBeCanceled() {
    var snapshot = SessionSnapshot()
    #expect(OperatorCommand.Verb.cancelRaptor.refusal(in: snapshot) == "cancel raptor: no raptor runs")
    var raptor = RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 1)
    snapshot.apply(SessionEvent(source: .raptor, .raptor(raptor)))
    #expect(OperatorCommand.Verb.cancelRaptor.refusal(in: snapshot) == nil)
    raptor.state = .done
    snapshot.apply(SessionEvent(source: .raptor, .raptor(raptor)))
    #expect(OperatorCommand.Verb.cancelRaptor.refusal(in: snapshot) != nil)
  }
}
