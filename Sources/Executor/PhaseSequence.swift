import SessionModel

/// The ordered end of a session, or of its raptor: every phase has a deadline, an event on entry and one on exit, and what
/// follows it goes on without it. So the sequence always ends, also when the engine hangs.
///
/// Ports `scalems.radical.runtime`, `RPDispatchingExecutor.runtime_shutdown`.
struct PhaseSequence {
  /// A phase that was entered and not left.
  struct Current {
    var phase: ShutdownPhase
    /// How it ended, when the engine or the clock said so.
    var end: End?
    /// What is said of it when it ends by itself.
    var detail: String?
  }

  enum End {
    case finished(String?)
    case failed(String)
    case expired
  }

  private var phases: ArraySlice<ShutdownPhase>
  var current: Current?

  init(_ phases: [ShutdownPhase]) { self.phases = phases[...] }

  /// The next phase; `nil` when all were passed.
  mutating func next() -> ShutdownPhase? { phases.popFirst() }

  /// Ends the phase that runs.
  ///
  /// - Returns: false when it is another one: whoever says so is late.
  @discardableResult
  mutating func end(_ phase: ShutdownPhase, _ end: End) -> Bool {
    guard current?.phase == phase, current?.end == nil else { return false }
    current?.end = end
    return true
  }
}

extension ShutdownPhase {
  static let ofRaptor: [ShutdownPhase] = [.stopRaptor, .awaitRaptor, .cancelRaptor, .awaitCanceledRaptor]
  /// Of a session that never opened.
  static let ofStart: [ShutdownPhase] = [.closeSession, .verify]

  /// Whether nothing is done in it but waiting: it can be cut short at once. Work that must be done in any case is only
  /// given less time.
  var isMereWait: Bool { self == .awaitTasks || self == .awaitRaptor }
}
