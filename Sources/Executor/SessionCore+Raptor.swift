import SessionModel
import Words
import Work

/// The raptor as the engine last confirmed it, and what is being done about it.
struct RaptorPart {
  /// A task that kills its raptor would kill the next ones, too.
  private static let restartLimit = 2

  private(set) var status: RaptorStatus?
  /// The command that is ending it.
  var command: Int?
  /// The phases of that command.
  var ending: PhaseSequence?
  private var restarts = 0
  private(set) var restart: Restart?

  /// A raptor that is started for one that died.
  struct Restart {
    /// The raptor that ended.
    var ended: String?
    /// Whether the engine said that it acquired another one.
    var isAcquired = false
  }

  var isAlive: Bool { status.map { !$0.state.isFinal } ?? false }
  var hasEnded: Bool { status?.state.isFinal ?? false }
  var isRestarting: Bool { restart != nil }
  var mayRestart: Bool {
    status?.state == .failed && restart == nil && command == nil && restarts < Self.restartLimit
  }

  /// - Returns: whether it is news. Once it has ended, only its workers are; RP tells the final state twice.
  mutating func takeIn(_ new: RaptorStatus) -> Bool {
    guard new != status, !(hasEnded && status?.uid == new.uid && status?.state != new.state) else { return false }
    status = new
    return true
  }

  /// A raptor is a task of the pilot: it ends with it.
  mutating func pilotEnded() -> RaptorStatus? {
    guard isAlive else { return nil }
    status?.pilotEnded()
    return status
  }

  mutating func beginRestart() {
    restarts += 1
    restart = Restart(ended: status?.uid)
  }

  mutating func acquired() { restart?.isAcquired = true }
  mutating func endRestart() { restart = nil }
}

// The raptor: replaced when it dies, ended when someone wants that.

extension SessionCore {
  /// A raptor that died, as opposed to one that was told to end, is replaced while work needs it.
  mutating func restartRaptorIfNeeded() {
    guard isOpen, raptor.mayRestart, work.workflow.firstUnfinishedForRaptor != nil else { return }
    if case .stopping = intention { return }
    raptor.beginRestart()
    log(.warning, "another raptor is started for the tasks that need one")
    emit(.call(.acquire(.raptor)))
    arm(.acquire(.raptor), limits.startup)
  }

  mutating func raptorReplaced(_ result: Result<String, any Error>) {
    guard raptor.isRestarting else { return }
    switch result {
    case .success(let detail):
      record(.resource(name: RuntimeResource.raptor.rawValue, acquired: true, detail: detail))
      raptor.acquired()
      finishRestart()
    case .failure(let error): giveUpRestart("\(error)")
    }
  }

  mutating func restartExpired() {
    guard let restart = raptor.restart else { return }
    if restart.isAcquired { endRestart() } else { giveUpRestart("no answer within \(limits.startup.text)") }
  }

  /// The event that confirms the new raptor may come after the answer; until then the raptor is the one that ended.
  mutating func finishRestart() {
    guard let restart = raptor.restart, restart.isAcquired, raptor.status?.uid != restart.ended else { return }
    endRestart()
  }

  private mutating func giveUpRestart(_ why: String) {
    log(.error, "the raptor could not be replaced: \(why)")
    endRestart()
  }

  private mutating func endRestart() {
    raptor.endRestart()
    settleRaptorTasks()
  }

  /// When the raptor has ended, replaces it for the tasks that wait for one, or cancels them; also when someone is
  /// ending it, for it takes nothing new then. A session that stops leaves them in the workflow.
  mutating func settleRaptorTasks() {
    guard isOpen, raptor.command != nil || raptor.hasEnded else { return }
    if case .stopping = intention { return }
    restartRaptorIfNeeded()
    guard !raptor.isRestarting else { return }
    cancelInWorkflow(
      work.workflow.waitingForRaptor, reason: raptor.isAlive ? "the raptor is being ended" : "the raptor has ended")
  }

  /// Ends the raptor while the session goes on.
  mutating func stopRaptor(for command: Int) {
    raptor.command = command
    settleRaptorTasks()
    raptor.ending = PhaseSequence(ShutdownPhase.ofRaptor)
  }

  mutating func raptorStopped() {
    guard let command = raptor.command else { return }
    raptor.command = nil
    let name = raptor.status?.state.name ?? ""
    finish(
      command,
      raptor.isAlive
        ? .failed(.raptorAlive, "the raptor did not end: \(name)") : .done("the raptor is \(name)"))
  }
}
