import Glibc
import Leftovers
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import SystemPackage
import Words

/// A session of RADICAL-Pilot that another program opened.
struct RadicalSession: Sendable {
  var site: RadicalSite
  /// Its processes on this machine, if it has any.
  var sighting: RadicalSighting?
  /// The directory of what its program prints, when `exec` keeps that.
  var kept: String?

  /// Whether its program lives and has it open.
  var isLive: Bool { sighting?.owner != nil && !site.isClosed }

  /// Whether its program, if it lives, is not to be seen from here.
  var isUnseen: Bool { !isLive && (RadicalPlace(of: site) == .elsewhere || sighting.map { !$0.isDead } ?? false) }

  /// Why a program takes no commands from here that is not to be seen.
  var placeWords: String {
    let owner = SessionDirectory(FilePath(site.directory)).owner
    guard let owner, owner != geteuid() else { return "is on another machine, and takes commands there alone" }
    return "is \(userName(of: owner))'s, and takes commands from that user alone"
  }

  /// Where its program prints to, if that is a file.
  var printed: ProgramOutputs? {
    if let kept, let record = ExecRecord(in: kept) { return ProgramOutputs(of: record.title, in: kept) }
    guard let owner = sighting?.owner else { return nil }
    return ProgramOutputs(of: owner, called: sighting?.programName ?? "the program")
  }

  /// How it stands, by its files.
  ///
  /// - Parameter describes: whether also what each task is: which one is the raptor, for one.
  func load(describes: Bool = false) -> SessionSnapshot { RadicalSource(site, sighting).load(describes: describes) }

  /// Its recording.
  ///
  /// - Throws: `SessionDirectory.DirectoryError` when its files tell of nothing.
  func replay(speed: Double) throws(SessionDirectory.DirectoryError) -> ReplaySource {
    let recording = RadicalRecording(site, sighting)
    let events = recording.next()
    let outputs = recording.outputs
    return try ReplaySource(events: events, speed: speed) { uid, stream in outputs.path(of: uid, stream) }
  }

  /// All of this user that have processes here, but those that this program itself opened.
  static func all() -> [RadicalSession] {
    let all = sightings().compactMap { sighting in
      sighting.site.map { RadicalSession(site: $0, sighting: sighting) }
    }
    for session in all where session.isLive { SeenSessions.note(session.site) }
    return all
  }

  /// Those that have no processes here any more: that were seen alive, or have their directories in the current one.
  ///
  /// - Parameter others: those that have.
  static func ended(besides others: [RadicalSession]) -> [RadicalSession] {
    guard !isSwitchedOn("SCALEMS_TOP_OWN_ONLY") else { return [] }
    let known = Set(others.map(\.site.directory))
    return SeenSessions.directories().filter { !known.contains($0) && !isWithin($0) }
      .compactMap { RadicalSite(directory: $0, home: homeDirectory()) }.map { RadicalSession(site: $0) }
      .sorted { $0.site.session < $1.site.session }
  }

  /// The same, those without files, too; none when the user wants to have nothing to do with them.
  static func sightings() -> [RadicalSighting] {
    guard !isSwitchedOn("SCALEMS_TOP_OWN_ONLY") else { return [] }
    let ours = ours
    return RadicalSighting.all().filter { sighting in
      !ours.contains(sighting.session) && !(sighting.directory.map(isWithin) ?? false)
    }
  }

  private static var ours: Set<String> {
    Set(RadicalRegistry.sessions.all().compactMap { (try? RadicalRecord(reading: $0.directory))?.rpSession })
  }

  /// Those whose programs live, and whose directories were removed: nothing of them can be shown.
  static func removed() -> [RadicalSighting] { sightings().filter { $0.owner != nil && $0.site == nil } }

  /// What is said of one of these.
  static func removedWords(_ sighting: RadicalSighting) -> TerminalText {
    let pid = sighting.owner?.pid ?? 0
    return
      "session \(sighting.session) of \(sighting.programName ?? "a program") (process \(pid)) lives, but its directory "
      + "was removed: nothing of it can be shown; 'kill -INT \(pid)' ends the program, and 'scalems-top doctor --orphans' "
      + "what it leaves"
  }

  /// Those of which only jobs of Slurm show that they are there.
  static func inQueue() async -> [(sighting: RadicalSighting, job: SlurmQueue.Job)] {
    let queue = SlurmQueue()
    guard !isSwitchedOn("SCALEMS_TOP_OWN_ONLY"), queue.isThere, case .listed(let listing) = await queue.look() else {
      return []
    }
    let known = ours.union(RadicalSighting.all().map(\.session))
    return listing.jobs.filter { !$0.isOver }.compactMap { job in
      RadicalSighting(pilot: job.directory).flatMap { known.contains($0.session) ? nil : ($0, job) }
    }
  }

  /// Whether RADICAL-Pilot's session is below one of this program, whichever registry that is in.
  private static func isWithin(_ directory: String) -> Bool {
    let session = SessionDirectory(FilePath(directory).removingLastComponent().removingLastComponent())
    return isFile(session.journal)
  }

  /// The session of an id, of the beginning of only one id, or in a directory.
  static func find(_ text: String) throws(UsageError) -> RadicalSession? {
    let all = all()
    var path = try? absolutePath(FilePath(text)).string
    var kept: String?
    if let place = path, let record = ExecRecord(in: place) {
      if let program = KeptProgram(withoutSession: text) { throw program.problem }
      path = record.session
      kept = place
    }
    if let path, let site = RadicalSite(directory: path, home: homeDirectory()) {
      var found =
        all.first { $0.site.session == site.session && isSamePlace($0.site.directory, site.directory) }
        ?? RadicalSession(site: site)
      found.kept = kept
      return found
    }
    // Programs name their sessions as they like: one id may be the beginning of another, or be given twice.
    func named(_ sessions: [RadicalSession]) -> [RadicalSession] {
      let exact = sessions.filter { $0.site.session == text }
      return exact.isEmpty ? sessions.filter { $0.site.session.hasPrefix(text) } : exact
    }
    var found = named(all)
    if found.isEmpty, !text.isEmpty, let lost = removed().first(where: { $0.session == text }) {
      throw UsageError(description: removedWords(lost))
    }
    if found.isEmpty, !text.isEmpty { found = named(ended(besides: all)) }
    guard found.count > 1 else { return found.first }
    // Those with one id are told apart by their directories.
    let exact = found.filter { $0.site.session == text }
    let places: TerminalText =
      exact.isEmpty ? "" : "\n  by directory: \(exact.suffix(5).map(\.site.directory).joined(separator: ", "))"
    throw UsageError(
      description:
        "'\(text)' may be any of \(found.count) sessions\(SessionListing(found.map(ShownSession.radical)).lines)"
        + places,
      isAmbiguous: true)
  }
}

/// What a screen can be attached to.
enum ShownSession: Sendable {
  case ours(FoundSession)
  case radical(RadicalSession)

  /// - Throws: `UsageError` when there is none, or more than one.
  static func find(_ text: String) throws(UsageError) -> ShownSession {
    do { return .ours(try SessionFinder().find(text)) } catch {
      guard let session = try RadicalSession.find(text) else { throw error }
      return .radical(session)
    }
  }

  /// The one that is called exactly so; `nil` when none is, or it is not clear which.
  static func exact(_ text: String) -> ShownSession? {
    if let found = SessionFinder().exact(text) { return .ours(found) }
    guard let found = try? RadicalSession.find(text) else { return nil }
    return found.site.session == text || (try? absolutePath(text)) == found.site.directory ? .radical(found) : nil
  }

  var id: String {
    switch self {
    case .ours(let found): found.id
    case .radical(let session): session.site.session
    }
  }

  var directory: String {
    switch self {
    case .ours(let found): found.directory.path.string
    case .radical(let session): session.site.directory
    }
  }

  var isLive: Bool {
    switch self {
    case .ours(let found): found.host.isLive
    case .radical(let session): session.isLive
    }
  }

  var overview: SessionOverview {
    switch self {
    case .ours(let found): SessionOverview(found)
    case .radical(let session): SessionOverview(session)
    }
  }

  /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read.
  func source(isReadOnly: Bool) throws(SessionDirectory.DirectoryError) -> any ScreenSource {
    switch self {
    case .ours(let found):
      try AttachedSource(found.directory, origin: originWords(), isReadOnly: isReadOnly, isOwned: false)
    case .radical(let session):
      RadicalSource(
        session.site, session.sighting, printed: session.printed, origin: originWords(), isReadOnly: isReadOnly)
    }
  }
}

/// What a screen on a session of others has to know of it in the end.
protocol ScreenSource: SessionSource {
  var summary: SessionSummary? { get }
  var isHostGone: Bool { get }
  func close()
}

extension AttachedSource: ScreenSource {}
extension RadicalSource: ScreenSource {}
