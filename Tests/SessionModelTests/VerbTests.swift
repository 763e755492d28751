import SessionModel
import Testing

@Suite struct VerbTests {
  @Test func everyVerbHasWords() {
    for verb in OperatorCommand.Verb.allCases {
      #expect(!verb.help.isEmpty && verb.help.first?.isLowercase == true)
      #expect(!verb.title.contains("-"))
    }
  }

  private static let raptor = RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 1)

  /// One row a phase: what is taken, and what is under way already.
  @Test(
    arguments: [
      (.starting, [.drain, .stop, .cancel, .rerun, .cancelRaptor, .close, .submit], []),
      (.running, [.drain, .stop, .cancel, .rerun, .cancelRaptor, .close, .submit], []),
      (.draining, [.stop, .resume, .cancel, .cancelRaptor, .close], [.drain]),
      (.stopping, [.drain, .resume, .cancel, .cancelRaptor, .close], [.stop]),
      (.closing, [.cancel], [.close]),
      (.closed, [], []),
    ] as [(SessionPhase, [OperatorCommand.Verb], [OperatorCommand.Verb])])
  func `one table says which phase takes which command`(
    _ phase: SessionPhase, _ admitted: [OperatorCommand.Verb], _ underWay: [OperatorCommand.Verb]
  ) {
    var snapshot = SessionSnapshot()
    snapshot.apply(SessionEvent(source: .raptor, .raptor(Self.raptor)))
    snapshot.apply(SessionEvent(source: .executor, .sessionPhase(phase, reason: nil)))
    for verb in OperatorCommand.Verb.allCases {
      let admission = Admission.of(verb, in: phase, raptor: Self.raptor)
      #expect(snapshot.admission(of: verb) == admission, "the screen says what the executor says")
      switch admission {
      case .admitted: #expect(admitted.contains(verb), "\(verb)")
      case .underWay: #expect(underWay.contains(verb), "\(verb)")
      case .refused(let why):
        #expect(!admitted.contains(verb) && !underWay.contains(verb), "\(verb)")
        #expect(why.description.count > 10 && !why.description.hasSuffix("."))
        #expect(why.code == Self.code(of: verb, in: phase), "\(verb)")
      }
    }
  }

  /// What a program is told of a verb that a phase does not take.
  private static func code(of verb: OperatorCommand.Verb, in phase: SessionPhase) -> CommandFailure.Code {
    switch phase {
    case .closed: .closed
    case .closing: .closing
    default: verb == .resume ? .nothingToUndo : .noNewWork
    }
  }

  @Test func `the raptor must run to be canceled, and is canceled once`() {
    var snapshot = SessionSnapshot()
    #expect(snapshot.admission(of: .cancelRaptor) == .refused(CommandFailure(.noRaptor, "the session has no raptor")))
    var raptor = Self.raptor
    snapshot.apply(SessionEvent(source: .raptor, .raptor(raptor)))
    #expect(snapshot.admission(of: .cancelRaptor) == .admitted)
    let record = CommandRecord(id: 1, verb: .cancelRaptor, sender: "ann", stage: .acknowledged)
    snapshot.apply(SessionEvent(source: .executor, .command(record)))
    #expect(snapshot.admission(of: .cancelRaptor) == .underWay)
    raptor.state = .done
    snapshot.apply(SessionEvent(source: .raptor, .raptor(raptor)))
    #expect(
      snapshot.admission(of: .cancelRaptor) == .refused(CommandFailure(.raptorEnded, "the raptor has ended already")))
  }

  @Test(arguments: [-1, .nan, .infinity, -.infinity, 1e300, 1_000_001] as [Double])
  func `a grace that nobody can give is none`(_ seconds: Double) { #expect(CloseGrace(seconds: seconds) == nil) }
}
