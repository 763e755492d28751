import Glibc
import Platform
import SessionModel
import Work

/// Brings the picture of a session up to date with its files, and knows whether its owner lives.
final class RadicalReader {
  private(set) var picture: RadicalPicture
  private let site: RadicalSite
  private let sighting: RadicalSighting?
  private let files: RadicalFiles
  private let logs = RadicalLogs()
  private let directories = DirectoryLooks()
  private let wire: RadicalWire?
  private let place: RadicalPlace
  private let jobs: PilotJobs
  private var isOpened = false
  private var isAlive = true
  private var isClosed = false
  private var beginning = RadicalBeginning.notYet
  private var isAnnounced = false
  /// Where pilots may be; an earlier session of the same id may have had some of them.
  private let places: [String]
  /// Pilots whose configuration is known.
  private var configured: Set<String> = []
  /// Pilots of which it is known what they were given.
  private var granted: Set<String> = []
  private(set) var isOver = false
  private(set) var link = LinkStatus(way: .files(delay: 0.1))

  /// - Parameters:
  ///   - wire: what the session says itself; `nil` for files alone.
  ///   - picture: what it is brought into.
  init(
    _ site: RadicalSite, _ sighting: RadicalSighting?, _ wire: RadicalWire? = nil,
    into picture: RadicalPicture = .init()
  ) {
    self.picture = picture
    self.site = site
    self.sighting = sighting
    self.wire = wire
    jobs = PilotJobs(of: site.session)
    place = sighting?.owner == nil ? RadicalPlace(of: site) : .here
    let site = site
    places = site.pilots + (sighting?.pilots ?? []).filter { !site.pilots.contains($0) }
    files = RadicalFiles(site)
  }

  var pilots: [String] { files.pilots }

  /// Puts a line into the log.
  func note(_ level: LogLevel, _ text: String) { picture.apply(.log(level, text), at: .now) }

  /// What was recorded since it was asked for last.
  func takeEvents() -> [SessionEvent] { picture.takeEvents() }

  /// Everything, once.
  ///
  /// - Parameter describes: whether also what each task is, for which a file is read of each.
  func readAll(describes: Bool) {
    repeat { _ = read(scans: true, portion: describes ? .max : 0) } while isBehind
  }

  /// Reads the ends of standard errors, of so many tasks: many fail for one reason.
  private func stderrEnds() -> (String) -> String? {
    var left = Self.stderrLimit
    return { [pilots] uid in
      guard left > 0, !uid.contains("/") else { return nil }
      left -= 1
      let ends = pilots.lazy.reversed().map { endOfFile("\($0)/\(uid)/\(uid).err", 4096) }
      return ends.first { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private static let stderrLimit = 100

  /// Looks why pilots fail that are about to be said to.
  private func explainFailures(_ news: some Sequence<(uid: String, state: String)>) {
    for (uid, state) in news where state == PilotState.failed.rawValue && uid.hasPrefix("pilot.") {
      let place = pilots.first { $0.hasSuffix("/\(uid)") }
      if let reason = place.flatMap(PilotFailure.reason(in:)) { picture.explain(uid, reason) }
    }
  }

  /// - Parameters:
  ///   - scans: whether to look for new files.
  ///   - portion: how many descriptions of tasks are read at most.
  /// - Returns: whether something is new.
  func read(
    scans: Bool, portion: Int, _ control: RadicalControl? = nil, _ commands: [(OperatorCommand, reason: String?)] = []
  ) -> Bool {
    // In this order: what an owner wrote before it ended is read before it is said to be gone.
    if scans, !isClosed { isClosed = site.isClosed }
    // A program may go on when it has closed its session. It ends seldom, and a look at it costs as much as all the files.
    if scans || control?.isEnding ?? false {
      isAlive = !isClosed && (sighting?.owner?.isAlive ?? (place == .elsewhere))
    }
    if beginning == .notYet { beginning = RadicalBeginning(of: site, owner: isAlive ? sighting?.owner : nil) }
    guard beginning != .notYet else { return announce(at: .now) }
    let lines = readLines(scans: scans)
    // They are long, and seldom written to.
    let said = scans ? logs.read().filter { beginning.includes($0.time) } : []
    if !isOpened { open(lines.map(\.time).min()) }
    explainFailures(lines.lazy.map { ($0.uid, $0.state) })
    picture.take(lines, said, stderr: stderrEnds())
    var isNews = !lines.isEmpty || !said.isEmpty
    if let news = wire?.take() {
      explainFailures(news.updates.values.lazy.map { ($0.uid, $0.state) })
      for update in news.updates.values.sorted(by: { $0.time < $1.time }) { picture.take(update) }
      isNews = isNews || !news.updates.isEmpty
      look(at: news)
      if news.isClosing, picture.snapshot.phase == .running {
        picture.apply(.sessionPhase(.closing, reason: "its program closes it"), at: .now)
        isNews = true
      }
    }
    if place == .elsewhere, scans, isAlive, link.way != .socket {
      link.host = .elsewhere(asOf: files.lastWritten ?? picture.snapshot.lastEvent ?? .now)
    }
    if scans {
      for pilot in pilots where !configured.contains(pilot) {
        guard let facts = PilotFacts(pilot: pilot) else { continue }
        configured.insert(pilot)
        picture.take(facts)
        isNews = true
      }
      for pilot in pilots where !granted.contains(pilot) {
        guard let facts = PilotFacts(grantedTo: pilot, session: site.session) else { continue }
        granted.insert(pilot)
        picture.take(facts)
        isNews = true
      }
    }
    if scans, isAlive {
      let waiting = picture.waitingPilots
      for pilot in waiting.isEmpty ? [] : pilots where DeafAgent.isAt(pilot) {
        guard let uid = pilot.split(separator: "/").last.map(String.init), waiting.contains(uid) else { continue }
        isNews = picture.take(deafAgentOf: uid) || isNews
      }
    }
    if wire != nil {
      if scans, isAlive, picture.hasJobs { jobs.look() }
      let said = jobs.take()
      if !said.isEmpty { isNews = picture.take(said) || isNews }
    }
    isNews = describeTasks(portion, scans: scans) || isNews
    if let control {
      for (command, reason) in commands { control.take(command, reason: reason, &picture) }
      isNews = control.step(&picture, isOpen: isAlive) || isNews || !commands.isEmpty
    }
    if !isAlive, control?.isEnding ?? false { noteDeath() }
    if !isAlive, !isOver, !isBehind, !(control?.isEnding ?? false) {
      isNews = true
      end(leftovers: control?.leftovers ?? [], wasTold: control?.wasToldToEnd ?? false)
      _ = control?.step(&picture, isOpen: false)
    }
    return isNews
  }

  /// Whether there was more than is read in one look.
  private var isBehind = false

  private func readLines(scans: Bool) -> [ProfileLine] {
    func read() -> [ProfileLine] {
      let lines = files.read().filter { beginning.includes($0.time) }
      isBehind = isBehind || files.isBehind
      return lines
    }
    isBehind = false
    if scans, let names = directories.names(in: site.directory) {
      files.add(names, in: site.directory)
      logs.add(names, in: site.directory, least: .warning)
    }
    let lines = read()
    guard scans else { return lines }
    // Of the pilots of an earlier session the agents may run on.
    let named = picture.pilotNames.union(lines.lazy.map(\.uid).filter { $0.hasPrefix("pilot.") })
    let isAnyones = named.isEmpty && beginning == .only && !files.hasManagers
    let found = (places + currentPilots()).filter { place in
      isAnyones || place.split(separator: "/").last.map { named.contains(String($0)) } ?? false
    }
    // Some are found by a search, and not each time.
    found.forEach(files.note)
    for pilot in pilots {
      guard let names = directories.names(in: pilot) else { continue }
      files.add(names, in: pilot)
      logs.add(names, in: pilot, least: .error)
    }
    // They have profiles of their calls.
    for worker in pilots.flatMap({ pilot in picture.workers.map { "\(pilot)/\($0)" } }) {
      if let names = directories.names(in: worker) { files.add(names, in: worker) }
    }
    return lines + read()
  }

  /// Reads what tasks are that have started.
  ///
  /// - Returns: whether something is new.
  private func describeTasks(_ portion: Int, scans: Bool) -> Bool {
    var isNews = false
    let again = scans ? unwritten : []
    if scans { unwritten = [] }
    for (uid, tries) in picture.nextUndescribed(portion).map({ ($0, 0) }) + again {
      if let facts = pilots.reversed().lazy.compactMap({ TaskScript.facts(of: uid, in: $0) }).first {
        picture.describe(facts)
        isNews = true
      } else if tries < Self.scriptTries {
        unwritten.append((uid, tries + 1))
      }
    }
    return isNews
  }

  /// RADICAL-Pilot says that a task starts, and then writes how: those it had not written at the last look.
  private var unwritten: [(uid: String, tries: Int)] = []
  private static let scriptTries = 5

  /// What the wire shows of the program's life: its manager says once a second that it lives.
  private func look(at news: RadicalWire.News) {
    link.way = news.isConnected ? .socket : .files(delay: 0.1)
    link.heartbeat = news.heartbeat
    guard news.isConnected else {
      if place == .here { link.host = .alive }
      return
    }
    let silence = news.heartbeat.map { Timestamp.now.seconds(since: $0) } ?? 0
    link.host = silence > Self.heartbeatPatience && !news.isClosing ? .silent(since: news.heartbeat ?? .now) : .alive
  }

  /// What it left is being ended: the session is not over, but nothing of its program lives.
  private func noteDeath() {
    guard let owner = sighting?.owner, !owner.isAlive else { return }
    let time = death ?? link.heartbeat ?? .now
    death = time
    link.host = .silent(since: time)
  }

  private var death: Timestamp?

  /// Seconds; a busy machine makes heartbeats late.
  private static let heartbeatPatience = 10.0

  private func currentPilots() -> [String] {
    let places = RadicalSite.pilots(below: "\(homeDirectory())/radical.pilot.sandbox/\(site.session)")
    let known = Set((places + self.places + pilots).compactMap { $0.split(separator: "/").last.map(String.init) })
    guard sighting != nil, .now >= nextSearch, !picture.livePilots.allSatisfy(known.contains) else { return places }
    // Its processes show where a pilot is that is not in RADICAL-Pilot's usual place. That is a look at all processes.
    nextSearch = .now + Self.searchInterval
    return places + (RadicalSighting.all().first { $0.session == site.session }?.pilots ?? [])
  }

  private var nextSearch = ContinuousClock.now
  private static let searchInterval = Duration.seconds(3)

  /// - Returns: whether that is new.
  private func announce(at time: Timestamp) -> Bool {
    guard !isAnnounced else { return false }
    isAnnounced = true
    let owner = sighting?.owner?.pid ?? 0
    let info = SessionInfo(
      id: site.session, name: programName, engine: "radical", resource: resource, user: userName(),
      host: machineName(), pid: owner, directory: site.directory)
    picture.open(info, at: time)
    return true
  }

  private func open(_ first: Timestamp?) {
    isOpened = true
    _ = announce(at: first ?? .now)
    picture.apply(.sessionPhase(.running, reason: nil), at: first ?? .now)
  }

  private var programName: String { sighting?.programName ?? site.session }

  private var resource: String {
    for pilot in pilots {
      if let resource = PilotFacts(pilot: pilot)?.resource { return resource }
    }
    return RadicalPicture.unknownResource
  }

  /// Whether a file is what one of the session's managers wrote in the end: not what somebody asked for meanwhile, nor what
  /// those of an earlier session wrote.
  private func isEnd(_ name: String) -> Bool {
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "json" else { return false }
    return beginning == .only || picture.hasManager(name: words[..<2].joined(separator: "."))
  }

  /// Its owner has ended: in order when it wrote its dumps, which know everything.
  ///
  /// - Parameter wasTold: whether somebody here ended it, and what it left.
  private func end(leftovers: [String], wasTold: Bool) {
    isOver = true
    let names = directoryEntries(site.directory)
    let time = picture.snapshot.lastEvent ?? .now
    for name in names where name.hasPrefix("pmgr.") && isEnd(name) {
      for facts in RadicalDump.pilots("\(site.directory)/\(name)") {
        picture.take(facts)
        if let state = facts.state { picture.advance(facts.uid, to: state, at: time) }
      }
    }
    for name in names where name.hasPrefix("tmgr.") && isEnd(name) {
      for facts in RadicalDump.tasks("\(site.directory)/\(name)") { picture.finish(facts, at: time) }
    }
    // One that was killed while it closed the session may have left its agents; a removed directory tells nothing of it.
    let mayBeClosed = picture.snapshot.phase == .closing && access(site.directory, F_OK) != 0
    guard isClosed || site.isClosed || wasTold || mayBeClosed else {
      link.host = .gone(since: time)
      return
    }
    picture.endAll(at: time)
    let tasks = picture.snapshot.tasks
    let opened = picture.snapshot.opened ?? time
    picture.apply(
      .sessionClosed(
        SessionSummary(
          session: site.session, tasks: tasks.countsByState, wall: max(0, time.seconds(since: opened)),
          leftovers: leftovers,
          exitCode: !leftovers.isEmpty ? 4 : tasks.count(in: .done) == tasks.count ? 0 : 1)), at: time)
  }
}
