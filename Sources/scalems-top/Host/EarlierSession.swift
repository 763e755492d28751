import Leftovers
import Platform
import SessionLink
import SessionModel
import Words
import Work

/// A session whose host ended before all of its work did.
struct EarlierSession: Sendable {
  var id: String
  var directory: SessionDirectory
  /// The same, held open.
  var held: HeldDirectory
  /// All of its journal.
  var snapshot: SessionSnapshot

  /// What a host that died may have left gets this long between SIGTERM and SIGKILL.
  private static let grace = Duration.seconds(5)

  /// Tasks that run again; all that are FAILED when there are none in it, and none when it is `nil`.
  private(set) var again: TaskIDs?

  /// - Parameters:
  ///   - runsFailedAgain: whether tasks that are FAILED are to be run again.
  ///   - names: which, also when they were canceled; all that are FAILED when there are none.
  /// - Throws: `UsageError` when it is hosted, has nothing left to do, or something of it cannot be ended.
  init(_ found: FoundSession, runsFailedAgain: Bool, names: [String] = []) throws(UsageError) {
    directory = found.directory
    if let record = HostRecord(in: directory), record.isLive(in: directory) {
      throw UsageError(
        description: "session \(found.id) runs already, on \(record.host): 'scalems-top attach \(found.id)' shows it")
    }
    // What it says is run again: it is read in this directory, whatever stands at its path by then.
    do {
      held = try HeldDirectory(directory.path.string)
      snapshot = try found.load(from: held)
    } catch { throw UsageError(description: "session \(found.id) cannot be taken up: \(error)") }
    id = snapshot.info?.id ?? found.id
    guard let info = snapshot.info else {
      throw UsageError(
        description:
          "session \(found.id) was ended before it had begun: there is nothing to take up, and its directory can be used again"
      )
    }
    guard snapshot.tasks.count > 0 else {
      throw UsageError(
        description: "session \(id) was given no work: there is nothing to take up, and its directory can be used again"
      )
    }
    if runsFailedAgain { again = names.isEmpty ? [] : try Self.tasks(names, snapshot, id) }
    if let again, !again.isEmpty {
      try endLeftovers(of: info)
      return
    }
    let failed = snapshot.tasks.count(in: .failed)
    guard snapshot.tasks.finished < snapshot.tasks.count || (runsFailedAgain && failed > 0) else {
      let hint =
        failed > 0 ? "; with --failed, those that FAILED run again (\(failed))" : runsFailedAgain ? ", none FAILED" : ""
      throw UsageError(
        description:
          "all tasks of session \(id) (\(snapshot.tasks.count)) have come to their end: nothing is left to run\(hint)")
    }
    try endLeftovers(of: info)
  }

  /// The tasks of these names that can run again.
  private static func tasks(_ names: [String], _ session: SessionSnapshot, _ id: String) throws(UsageError) -> TaskIDs {
    let named = try TaskSelection(names: names).all(in: session, id: id)
    let ended = named.filter { [.failed, .canceled].contains(session.tasks.state(of: $0)) }
    guard !ended.isEmpty else {
      throw UsageError(description: "none of these tasks of session \(id) is FAILED or CANCELED")
    }
    return TaskIDs(ended)
  }

  /// A task that still ran would run twice.
  private func endLeftovers(of info: SessionInfo) throws(UsageError) {
    let record: RadicalRecord
    do { record = try RadicalRecord(reading: held.heldPath) } catch {
      if error.isMissing { return }
      // What it would tell to end may still run.
      throw UsageError(
        description:
          "session \(id) may have left something on RADICAL-Pilot, and \(error); when nothing of it runs any "
          + "more, remove that file of \(directory.path)")
    }
    guard record.session == id else { return }
    guard record.host == machineName() else {
      throw UsageError(
        description: "session \(id) was run on \(record.host), where something of it may be left: take it up there")
    }
    let leftovers = RadicalLeftovers(of: record)
    let left = waiting { await leftovers.end(grace: Self.grace) }
    guard left.isEmpty else {
      throw UsageError(
        description: "session \(id) left what cannot be ended, so it cannot be taken up: "
          + left.map { "\($0.words)" }.joined(separator: ", ")
          + (left.contains { $0.kind == .unsearched }
            ? "; when nothing of it runs any more, remove \(directory.path)/\(RadicalRecord.fileName)" : ""))
    }
  }
}
