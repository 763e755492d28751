import Glibc
import Platform
import RadicalWatch
import SessionModel
import Synchronization
import Wire
import Words
import Work

/// One command of the command line for a session that another program opened. What has to be done for it is done here: no
/// host goes on with it.
struct RadicalCall {
  private let session: RadicalSession
  private let options: CommandOptions
  private let watchdog: Watchdog
  private let deadline: ContinuousClock.Instant?
  private static let pause: UInt32 = 20_000
  /// What each step of an end in haste gets.
  private static let haste = Duration.seconds(2)

  /// - Parameter watchdog: since before the session was looked for.
  init(_ session: RadicalSession, _ options: CommandOptions, _ watchdog: Watchdog) {
    (self.session, self.options, self.watchdog) = (session, options, watchdog)
    deadline = options.timeout.map { .now + .seconds($0) }
  }

  private var id: String { session.site.session }

  /// The session as it is seen, with what this process does to it.
  private final class Watched: Sendable {
    private let state = Mutex<SessionSnapshot?>(nil)
    let source: RadicalSource

    init(_ session: RadicalSession) {
      source = RadicalSource(session.site, session.sighting, origin: originWords(), isReadOnly: false)
      source.open { [self] update in
        if case .snapshot(let new) = update { state.withLock { $0 = new } }
      }
    }

    var snapshot: SessionSnapshot? { state.withLock { $0 } }
    var isOver: Bool { source.summary != nil || source.isHostGone }
  }

  /// Says that the session takes no such command.
  func refuse(_ verb: OperatorCommand.Verb) -> ExitStatus {
    refuse(
      "\(verb.rawValue): session \(id) was opened by another program, and RADICAL-Pilot has no such command",
      .unsupported)
  }

  private func refuse(_ text: String, _ code: CommandFailure.Code) -> ExitStatus {
    options.putProblem(text, code: code.rawValue)
    complain("scalems-top: \(text)")
    return ExitStatus(code: ExitStatus.refused)
  }

  /// Carries the command out.
  ///
  /// - Parameter command: what it is for the session as it stands.
  /// - Returns: the exit status.
  /// - Throws: `ExitStatus` when it did not get through, after saying why.
  func perform(_ verb: OperatorCommand.Verb, _ command: (SessionSnapshot) throws -> OperatorCommand) throws -> Int32 {
    guard SessionKeeper.program.takes(verb) else { throw refuse(verb) }
    let known = RadicalSource(session.site, session.sighting).load()
    let asked = try command(known)
    guard session.isLive else {
      if known.phase == .closed { throw refuse("session \(id) has closed", .closed) }
      if session.isUnseen {
        throw refuse("the program of session \(id) \(session.placeWords)", .notOpen)
      }
      options.putProblem("the program of session \(id) has ended", code: "host_gone")
      throw session.programGone
    }
    let watched = Watched(session)
    defer { watched.source.close() }
    let first = try wait(for: watched) { watched.snapshot }
    watchdog.end()
    guard case .cancel(let ids) = asked else {
      return verb == .close ? try close(watched, asked) : try carryOut(watched, asked)
    }
    // Who reads the session anew may have met its tasks in another order.
    return try carryOut(watched, .cancel(TaskIDs(ids.compactMap { first.tasks.task(uid: known.tasks.uid(of: $0)) })))
  }

  /// - Throws: `ExitStatus` 6 after the limit.
  private func wait<Value>(for watched: Watched, _ value: () -> Value?) throws(ExitStatus) -> Value {
    let limit = deadline ?? .now + options.patience
    while true {
      if let value = value() { return value }
      guard ContinuousClock.now < limit else { throw tooLong("the session does not answer") }
      usleep(Self.pause)
    }
  }

  private func tooLong(_ words: String) -> ExitStatus {
    options.putProblem(words, code: "timeout")
    complain("scalems-top: \(words); given up after \(Format.plainSeconds(options.patience.seconds))")
    return ExitStatus(code: ExitStatus.timeout)
  }

  private func report(_ watched: Watched, _ verb: OperatorCommand.Verb) -> CommandReport? {
    watched.snapshot?.commands.last { $0.verb == verb }.map { CommandReport($0) }
  }

  /// Until it was sent or, if that is wanted, has come to its end.
  private func carryOut(_ watched: Watched, _ command: OperatorCommand) throws(ExitStatus) -> Int32 {
    watched.source.send(command, reason: options.reason)
    var report: CommandReport = try wait(for: watched) {
      let now = self.report(watched, command.verb)
      return now?.stage == .requested ? nil : now
    }
    while options.wait, !report.stage.isFinished {
      if let deadline, .now >= deadline { throw tooLong("\(command.verb.rawValue) has not come to its end") }
      let isOver = watched.isOver
      if let now = self.report(watched, command.verb) { report = now }
      if isOver, !report.stage.isFinished {
        if watched.source.isHostGone { throw session.programGone }
        throw refuse("the session closed before the command came to its end", .closed)
      }
      usleep(Self.pause)
    }
    return options.say(report, command.verb)
  }

  /// Until nothing is left, or it has been said what is: it is this process that takes the steps.
  private func close(_ watched: Watched, _ command: OperatorCommand) throws(ExitStatus) -> Int32 {
    let isInHaste = command.grace == CloseGrace.none
    watched.source.send(command, reason: options.reason)
    var said: String?
    var due = ContinuousClock.now + Self.haste
    // A program that goes on with another session does not end.
    while !watched.isOver, !(report(watched, .close)?.stage.isFinished ?? false) {
      if let words = watched.snapshot?.phaseReason, words != said {
        said = words
        complain("scalems-top: \(words)")
        due = .now + Self.haste
      }
      if let deadline, .now >= deadline {
        throw tooLong("the session has not ended; 'scalems-top close \(id)' goes on with it")
      }
      let left = watched.source.leftovers
      if !left.isEmpty, !isInHaste { return leave(left) }
      if isInHaste, .now >= due {
        watched.source.send(command, reason: options.reason)
        due = .now + Self.haste
      }
      usleep(Self.pause)
    }
    let left = watched.source.summary?.leftovers ?? watched.source.leftovers
    guard left.isEmpty else { return leave(left) }
    guard let record = watched.snapshot?.commands.first(where: { $0.verb == .close }) else { return 0 }
    var report = CommandReport(record)
    report.stage = .finished(.done("closed"))
    return options.say(report, .close)
  }

  private func leave(_ left: [String]) -> Int32 {
    for words in left { complain("left behind: \(words)") }
    let isAlive = session.sighting?.owner?.isAlive ?? false
    let how = isAlive ? "close --now \(id)" : "doctor --orphans \(id)"
    options.putProblem("something is left behind", code: CommandFailure.Code.leftBehind.rawValue)
    complain("scalems-top: 'scalems-top \(how)' ends what is left")
    return ExitStatus.leftBehind
  }
}
