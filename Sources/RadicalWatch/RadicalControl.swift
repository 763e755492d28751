import Glibc
import Leftovers
import Platform
import SessionModel
import Synchronization
import Work

/// Acts on a session of others, and says what becomes of it. What takes time is done on threads of its own; one thread
/// calls it.
final class RadicalControl {
  private final class Results: Sendable {
    let sent = Mutex<[(command: Int, problem: String?)]>([])
    /// What the newest look around has found.
    let found = Mutex<[Leftover]?>(nil)
    /// What could not be ended in the end, in words.
    let swept = Mutex<[String]?>(nil)
  }

  private let site: RadicalSite
  private let owner: ProcessIdentity?
  private let sender: CommandSender
  /// Somebody may remove the directory while the session lives.
  private let registry: RadicalRegistryAddress?
  private let results = Results()
  private var records: [CommandRecord] = []
  private var count = 0
  private var ending: RadicalEnding?
  private var shownWords = ""
  /// Since when its owner is gone and something of it is left.
  private var leftSince: Double?
  private var named: [Leftover] = []
  private var isSweeping = false
  private var isLooking = false
  private var nextLook = 0.0
  /// What ends by itself when the owner has, gets so long.
  private static let patience = 6.0

  init(_ site: RadicalSite, owner: ProcessIdentity?, sender: CommandSender) {
    (self.site, self.owner, self.sender) = (site, owner, sender)
    registry = RadicalRegistryAddress(of: site)
  }

  /// Whether someone here has told it to end, so that nothing of it is left but what is named.
  var wasToldToEnd: Bool { ending != nil }
  /// Whether someone here ends the session, and something of it is there still.
  private(set) var isEnding = false
  /// What was left when all was done.
  var leftovers: [String] { results.swept.withLock { $0 } ?? named.map(\.words) }

  /// Takes a command up.
  func take(_ command: OperatorCommand, reason: String?, _ picture: inout RadicalPicture) {
    count += 1
    var record = CommandRecord(
      id: count, verb: command.verb, tasks: command.tasks, sender: sender, reason: reason, stage: .requested)
    picture.apply(.command(record), at: .now)
    // The end of a session is in our hands; an order is taken when it was sent.
    if command.verb == .close {
      record.stage = .acknowledged
      picture.apply(.command(record), at: .now)
    }
    records.append(record)
    switch command {
    case .cancel(let ids): cancel(ids.map { picture.uid(of: $0) }, record.id, picture)
    case .cancelRaptor:
      guard let raptor = picture.snapshot.raptor else {
        return finish(record.id, .failed(.noRaptor, "the session has no raptor"), &picture)
      }
      // RADICAL-Pilot leaves workers when its program ends right after their master.
      cancel([raptor.uid] + picture.workers(of: raptor.uid), record.id, picture)
    case .close: close(&picture)
    default: finish(record.id, .failed(.unsupported, "RADICAL-Pilot has no such thing"), &picture)
    }
  }

  private func cancel(_ uids: [String], _ command: Int, _ picture: RadicalPicture) {
    let byManager = Dictionary(grouping: uids) { picture.manager(of: $0) ?? "tmgr.0000" }
    send(byManager.map { .cancelTasks($1, manager: $0) }, for: command)
  }

  private func close(_ picture: inout RadicalPicture) {
    if leftSince != nil { return sweep(picture) }
    guard ending != nil else {
      ending = RadicalEnding(at: Self.seconds)
      isEnding = true
      return picture.apply(.sessionPhase(.closing, reason: nil), at: .now)
    }
    ending?.hurry()
  }

  private func send(_ orders: [RadicalOrder], for command: Int) {
    let (site, owner, registry, results) = (site, owner, registry, results)
    let work: @Sendable () -> Void = {
      let problem = Self.send(orders, to: site, registry).map { problem in
        guard let owner, owner.isStopped else { return problem }
        return "its program is stopped and answers nothing: 'kill -CONT \(owner.pid)' lets it go on"
      }
      results.sent.withLock { $0.append((command: command, problem: problem)) }
    }
    if !startThread(work) {
      results.sent.withLock { $0.append((command: command, problem: "the system gives no thread")) }
    }
  }

  /// - Returns: why not all of them were sent, in words.
  private static func send(_ orders: [RadicalOrder], to site: RadicalSite, _ known: RadicalRegistryAddress?) -> String?
  {
    guard let bridges = RadicalBridges(of: site, known: known) else { return "the session does not answer" }
    for order in orders {
      if let problem = bridges.send(order) { return problem }
    }
    return nil
  }

  /// Does what is due.
  ///
  /// - Parameter isOpen: whether the program has neither ended nor closed the session.
  /// - Returns: whether something is new.
  func step(_ picture: inout RadicalPicture, isOpen: Bool) -> Bool {
    let before = picture.snapshot.logCount
    var isNews = false
    for sent in takeSent() {
      if let problem = sent.problem, sent.command == Self.ofEnding {
        // What nobody was told is not waited for.
        picture.apply(.log(.warning, "its pilots were not told to end: \(problem)"), at: .now)
        ending?.hurry()
      } else if let problem = sent.problem {
        finish(sent.command, .failed(.notOpen, problem), &picture)
      } else {
        acknowledge(sent.command, &picture)
        isNews = true
      }
    }
    for record in records {
      guard !record.stage.isFinished, isDone(record, picture, isOpen) else { continue }
      finish(record.id, .done(record.verb == .cancel ? "they have ended" : "done"), &picture)
    }
    if isOpen, leftSince == nil { proceed(&picture) } else if isEnding { lookAround(&picture) }
    return isNews || picture.snapshot.logCount != before
  }

  private func takeSent() -> [(command: Int, problem: String?)] {
    results.sent.withLock { sent in
      let all = sent
      sent = []
      return all
    }
  }

  private func isDone(_ record: CommandRecord, _ picture: RadicalPicture, _ isOpen: Bool) -> Bool {
    let tasks = picture.snapshot.tasks
    switch record.verb {
    case .cancel: return record.tasks.allSatisfy { tasks.state(of: $0).isFinal }
    case .cancelRaptor: return picture.snapshot.raptor?.state.isFinal ?? false
    default: return !isEnding && (!isOpen || leftSince != nil)
    }
  }

  /// Orders that are a step of the end, and no command of their own.
  private static let ofEnding = 0

  /// A program that is stopped answers nothing and takes no signal.
  private func wake(_ picture: inout RadicalPicture) {
    guard let owner, owner.isStopped else { return }
    kill(owner.pid, SIGCONT)
    picture.apply(.log(.warning, "its program was stopped, and goes on (SIGCONT), so that it can end"), at: .now)
  }

  private func proceed(_ picture: inout RadicalPicture) {
    guard ending != nil else { return }
    switch ending?.next(at: Self.seconds) {
    case .killPilots?:
      wake(&picture)
      let pilots = picture.livePilots
      // None is named, none is ended: the program is asked next.
      guard !pilots.isEmpty else {
        ending?.hurry()
        break
      }
      let byManager = Dictionary(grouping: pilots) { picture.manager(of: $0) ?? "pmgr.0000" }
      send(byManager.map { .killPilots($1, manager: $0) }, for: Self.ofEnding)
    case .signal(let number)?:
      if let other = otherSession {
        // What ends its program would end the other one, too.
        ending?.hurry()
        return say("its program has session \(other) open, too, and is not interrupted", &picture)
      }
      if let owner, owner.isAlive { kill(owner.pid, number) }
      wake(&picture)
    case .giveUp?:
      leftSince = Self.seconds - Self.patience
      return lookAround(&picture)
    case nil: break
    }
    say(ending?.words(at: .infinity) ?? "", &picture)
  }

  private func say(_ words: String, _ picture: inout RadicalPicture) {
    guard words != shownWords else { return }
    shownWords = words
    picture.apply(.sessionPhase(.closing, reason: words), at: .now)
  }

  // MARK: What is left

  /// Another session that its program has open, and that has something to lose: pilots, or none yet.
  private var otherSession: String? {
    guard let owner, owner.isAlive else { return nil }
    return RadicalSighting.among([owner.pid]).first { other in
      let isThis = other.session == site.session && other.directory.map { isSamePlace($0, site.directory) } ?? true
      guard !isThis, let place = other.site, !place.isClosed else { return false }
      let reader = RadicalReader(place, other)
      reader.readAll(describes: false)
      return reader.picture.pilotCount == 0 || !reader.picture.livePilots.isEmpty
    }?.session
  }

  /// Its processes, found by what RADICAL-Pilot makes of them, and its jobs.
  private func leftoverSearch(_ picture: RadicalPicture) -> RadicalLeftovers {
    // Who names sessions himself gives an id twice, and its pilots' directories are the same then.
    let isShared = RadicalSighting.all().contains {
      $0.session == site.session && $0.owner != nil && $0.owner != owner
    }
    // A program that goes on with something else is nothing that is left.
    let goesOn = site.isClosed || otherSession != nil
    return RadicalLeftovers(
      ofSession: site.session, directory: site.directory, hasSandbox: !isShared,
      resource: picture.snapshot.info?.resource, manager: picture.manager,
      sparing: goesOn ? Set([owner?.pid].compactMap { $0 }) : [])
  }

  private func lookAround(_ picture: inout RadicalPicture) {
    if let left = results.swept.withLock({ $0 }) {
      isEnding = false
      for words in left { picture.apply(.log(.error, "left behind: \(words)"), at: .now) }
      named = []
      return
    }
    guard !isSweeping else { return }
    let since = leftSince ?? Self.seconds
    leftSince = since
    guard let all = takeFound() else { return look(picture) }
    let found = all.filter { $0.kind != .unsearched }
    guard !found.isEmpty else {
      for leftover in all { picture.apply(.log(.warning, leftover.words), at: .now) }
      (isEnding, named) = (false, [])
      return
    }
    guard Self.seconds - since >= Self.patience, Set(found) != Set(named) else { return }
    named = found
    picture.apply(.log(.warning, "left of the session, and ended by another X:"), at: .now)
    for leftover in found { picture.apply(.log(.warning, "  \(leftover.words)"), at: .now) }
    let parts = [(Leftover.Kind.process, "process", "processes"), (.job, "Slurm job", "Slurm jobs")].compactMap {
      kind, one, many in
      let count = found.count { $0.kind == kind }
      return count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
    }
    let whose = otherSession.map { " with its program, which goes on with session \($0)" } ?? ""
    let (verb, object) = found.count == 1 ? ("is", "it") : ("are", "them")
    say("\(parts.joined(separator: " and ")) \(verb) left\(whose): X ends \(object)", &picture)
  }

  /// Looks for what is left: at all processes, and in the queue, which may take seconds.
  private func look(_ picture: RadicalPicture) {
    guard !isLooking, Self.seconds >= nextLook else { return }
    isLooking = true
    let (search, results) = (leftoverSearch(picture), results)
    Task.detached {
      let found = await search.find()
      results.found.withLock { $0 = found }
    }
  }

  private func takeFound() -> [Leftover]? {
    let found = results.found.withLock { found in
      defer { found = nil }
      return found
    }
    if found != nil { (isLooking, nextLook) = (false, Self.seconds + 1) }
    return found
  }

  /// Ends what was named.
  private func sweep(_ picture: RadicalPicture) {
    guard !isSweeping else { return }
    (isSweeping, isEnding) = (true, true)
    let (search, results) = (leftoverSearch(picture), results)
    Task.detached {
      let left = await search.end(grace: .seconds(3))
      results.swept.withLock { $0 = left.filter { $0.kind != .unsearched }.map(\.words) }
    }
  }

  private func acknowledge(_ id: Int, _ picture: inout RadicalPicture) {
    guard let index = records.firstIndex(where: { $0.id == id }), records[index].stage == .requested else { return }
    records[index].stage = .acknowledged
    picture.apply(.command(records[index]), at: .now)
  }

  private func finish(_ id: Int, _ outcome: CommandOutcome, _ picture: inout RadicalPicture) {
    guard let index = records.firstIndex(where: { $0.id == id }), !records[index].stage.isFinished else { return }
    records[index].stage = .finished(outcome)
    picture.apply(.command(records[index]), at: .now)
  }

  private static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
