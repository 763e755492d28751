@preconcurrency import Dispatch
import Executor
import Glibc
import Leftovers
import Platform
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import Words

/// A session in this process: its directory and journal, its executor, and the ways to it for others.
final class SessionHost: Sendable {
  /// What is to be hosted.
  struct Plan {
    var work: Work
    var settings: RunSettings
    var configuration: RuntimeConfiguration
    /// Where; a new directory below the current one when `nil`.
    var directory: String?
    var reason: String?
    /// A session whose host ended, to be taken up again.
    var earlier: EarlierSession?
  }

  let directory: SessionDirectory
  /// The same, held open: the host writes and runs nothing by its path.
  let held: HeldDirectory
  let info: SessionInfo
  let executor: DispatchingExecutor
  let life: SessionLife
  private let journal: Journal
  /// Bytes of the journal that were there before this host.
  let journalStart: Int
  private let endpoints: SessionEndpoints
  /// What the journal does not have of what happened, in a sentence.
  private let missing = Mutex<String?>(nil)

  /// Makes the session's directory and journal, or takes the journal of an earlier one; nothing runs yet.
  ///
  /// - Parameter observer: told of events once they are in the journal, in order.
  /// - Throws: `ExitStatus` 3 when they cannot be made, after saying why.
  init(_ plan: Plan, observer: @escaping @Sendable ([SessionEvent]) -> Void) throws(ExitStatus) {
    let endpoints = SessionEndpoints()
    self.endpoints = endpoints
    let observe: Journal.Observer = { events, end in
      observer(events)
      endpoints.publish(position: end)
    }
    let id: String
    var warning: String?
    do {
      if let earlier = plan.earlier {
        (id, directory, held) = (earlier.id, earlier.directory, earlier.held)
        journal = try Journal(resumingIn: held, observer: observe)
      } else {
        (id, directory) = try Self.place(plan.directory)
        try Self.makeRoom(in: directory)
        (held, warning) = try directory.create()
        journal = try Journal(creatingIn: held, session: id, observer: observe)
      }
      journalStart = journal.end
      journal.keepCheckpoints()
      try plan.settings.write(to: held)
    } catch {
      complain("scalems-top: \(error)")
      throw ExitStatus(code: 3)
    }
    info = SessionInfo(
      id: id, name: plan.settings.name, engine: plan.configuration.engine.name,
      resource: plan.configuration.resource, user: userName(), host: machineName(), pid: getpid(),
      directory: directory.path.string, reason: plan.reason,
      taskGrace: plan.configuration.limits.awaitTasks / .seconds(1))
    let context = SessionContext(
      id: id, directory: directory.path.string, clientDirectory: plan.settings.clientDirectory,
      configuration: plan.configuration)
    executor = DispatchingExecutor(
      context: context, info: info, engine: Engines.make(plan.configuration.engine, in: held), recorder: journal,
      resuming: plan.earlier?.snapshot, again: plan.earlier?.again)
    life = SessionLife(
      executor: executor, journal: journal, work: plan.work, isKeptOpen: plan.settings.isKeptOpen)
    if let warning { journal.record([SessionEvent(source: .executor, .log(.warning, warning))]) }
    endpoints.open(directory: held, info: info, executor: executor, journal: journal)
    nameStrays()
  }

  /// Says what dead sessions of this machine left running; beside the start, which does not wait for that.
  private func nameStrays() {
    DispatchQueue.global(qos: .utility).async { [journal] in
      for found in DeadSessions().find() {
        let text =
          "session \(found.session) is dead and left running: \(found.words.joined(separator: ", ")); "
          + "'scalems-top doctor --orphans' ends it"
        journal.record([SessionEvent(source: .executor, .log(.warning, text))])
      }
    }
  }

  /// A start that failed, or was killed at birth, keeps no directory from being used again.
  private static func makeRoom(in directory: SessionDirectory) throws(SessionDirectory.DirectoryError) {
    // Processes or jobs of RADICAL-Pilot may be left, which are found by that file.
    guard !isFile(directory.path.appending(RadicalRecord.fileName)) else { return }
    guard case .moved(let id, let tasks, let path) = try UnbornSession.giveWay(in: directory) else { return }
    complain(
      "scalems-top: \(directory.path) held session \(id), of whose \(tasks) tasks none was started: it is \(path) now, "
        + "and 'scalems-top run --resume \(id)' takes it up")
  }

  /// A new session's id, which it is entered with among the user's, and its directory.
  private static func place(_ path: String?) throws -> (String, SessionDirectory) {
    let base = newSessionID()
    let folder = path == nil ? try SessionsFolder.own(in: currentDirectory()) : nil
    var id = base
    var number = 1
    while true {
      let directory = SessionDirectory(
        try folder?.appending(id) ?? absolutePath(FilePath(path ?? SessionsFolder.name)))
      // Only finding it depends on the registry.
      let isMine = (try? SessionRegistry.sessions.claim(id, directory: directory.path.string)) ?? true
      if isMine { return (id, directory) }
      number += 1
      id = "\(base)-\(number)"
    }
  }

  /// What the journal gets at the end: a session ends also when its file system hangs.
  private static let lastChance = Duration.seconds(30)

  /// What a full disk gets at the end to take what waits.
  private static let lastRoom = Duration.seconds(10)

  /// Waits until the journal has everything, and closes the ways to the session; after its end.
  func close() {
    let answers = saveJournal(within: Self.lastChance)
    endpoints.close()
    let text = journal.finish(within: answers ? Self.lastChance : .zero, patience: answers ? Self.lastRoom : .zero)
    guard let text else { return }
    missing.withLock { $0 = text }
    complain("scalems-top: \(text): the record of the session is not complete, and 'run --resume' would not know of it")
  }

  /// - Returns: false when not everything was written in that time.
  @discardableResult
  func saveJournal(within limit: Duration) -> Bool { journal.flush(within: limit) }

  /// Says how the session ended, once it has.
  ///
  /// - Parameters:
  ///   - summarize: shows the summary.
  ///   - complainOnce: says what no log said yet.
  ///   - signal: the signal that ended it.
  /// - Returns: the exit status.
  func report(
    signal: Int32?, summarize: (SessionSummary) -> Void, complainOnce: (String) -> Void
  ) -> Int32 {
    switch life.outcome {
    case .success(var summary):
      if missing.withLock({ $0 }) != nil { summary.exitCode = ExitStatus.leftBehind }
      summarize(summary)
      if let problem = summary.problem { complainOnce(problem) }
      guard let problem = life.problem else { return summary.exitCode }
      complain("scalems-top: \(problem.words)")
      return summary.exitCode > 1 ? summary.exitCode : problem.isRefusal ? 2 : 1
    case .failure(let error):
      complainOnce("\(error)")
      // Work that no session takes is the user's to mend; all else is the runtime's.
      let isRefusal = error is ValueError || error is DuplicateKeyError || error is MissingImplementationError
      return signal.map { 128 + $0 } ?? (isRefusal ? 2 : 3)
    case nil: return 3
    }
  }
}
