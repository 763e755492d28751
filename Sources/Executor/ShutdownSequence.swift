import SessionModel
import Words

/// The ordered end of a session: every phase has a deadline, an event on entry and one on exit, and what follows it
/// goes on without it. So the sequence always ends, also when the engine hangs.
///
/// Ports `scalems.radical.runtime`, `RPDispatchingExecutor.runtime_shutdown`.
struct ShutdownSequence: Sendable {
  struct Step: Sendable {
    var phase: ShutdownPhase
    /// Whether there is anything to do; a step that is not needed is skipped, with its events.
    var isNeeded: @Sendable () async -> Bool = { true }
    /// Cuts short a mere wait, at once. Work that must be done in any case is only given less time.
    var wait: Haste?
    /// Returns what happened, in words, if there is something to say.
    var action: @Sendable () async throws -> String?
  }

  /// What a phase that is no wait may take once someone is in a hurry.
  static let hurriedDeadline = Duration.seconds(2)

  var steps: [Step]
  var limits: TimeLimits
  var haste: Haste
  var record: @Sendable (SessionEvent.Kind) async -> Void

  func run() async {
    for step in steps { await run(step) }
  }

  private func run(_ step: Step) async {
    let deadline = limits.deadline(of: step.phase)
    let needed = await step.isNeeded()
    await record(.shutdownEntered(step.phase, deadline: needed ? deadline.seconds : 0))
    guard needed else { return await record(.shutdownLeft(step.phase, .skipped, detail: nil)) }
    let (haste, patience) = step.wait.map { ($0, Duration.zero) } ?? (haste, Self.hurriedDeadline)
    switch await bounded(by: deadline, haste: haste, patience: patience, step.action) {
    case .value(let detail): await record(.shutdownLeft(step.phase, .finished, detail: detail))
    case .failure(let error): await record(.shutdownLeft(step.phase, .failed, detail: "\(error)"))
    case .timedOut:
      let why = haste.isHurried ? "cut short by an interrupt" : "not done within \(deadline.text)"
      await record(.shutdownLeft(step.phase, .timedOut, detail: why))
    }
  }
}
