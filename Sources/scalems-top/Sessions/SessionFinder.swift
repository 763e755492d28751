import Glibc
import Leftovers
import Platform
import SessionLink
import SessionModel
import SystemPackage
import Words
import Work

/// A session that the user named.
struct FoundSession: Sendable {
  var id: String
  var directory: SessionDirectory

  /// Everything its journal says.
  ///
  /// - Parameter watchdog: hears that the files answer.
  /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read.
  func load(_ watchdog: Watchdog? = nil) throws(SessionDirectory.DirectoryError) -> SessionSnapshot {
    var snapshot = SessionSnapshot()
    let follower = try JournalFollower(directory: directory)
    if let problem = follower.status.checkpointProblem { complain("scalems-top: \(problem)") }
    while let update = try follower.next() {
      snapshot.take(update)
      watchdog?.pet()
    }
    return snapshot
  }

  /// Everything that its journal in an open directory says, which has to be this user's.
  ///
  /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read.
  func load(from held: HeldDirectory) throws(SessionDirectory.DirectoryError) -> SessionSnapshot {
    var snapshot = SessionSnapshot()
    try JournalFollower(directory: SessionDirectory(FilePath(held.heldPath)), owner: .thisUser).update(&snapshot)
    return snapshot
  }

  /// What can be told of its host from here.
  var host: HostSight { HostSight(directory) }
}

extension SessionSnapshot {
  mutating func take(_ update: JournalFollower.Update) {
    switch update {
    case .snapshot(let new): self = new
    case .events(let events): apply(events)
    }
  }
}

/// Finds sessions by what people call them.
struct SessionFinder {
  var registry = SessionRegistry.sessions

  /// All sessions whose journals are there, oldest first: those of the registry, and those below the current directory.
  func all() -> [FoundSession] {
    var found = registry.all().map { FoundSession(id: $0.id, directory: SessionDirectory(FilePath($0.directory))) }
    let known = Set(found.map(\.directory.path))
    // Without a current directory there is nothing below it.
    for folder in (try? currentDirectory()).map(SessionsFolder.all) ?? [] {
      for name in directoryEntries(folder.string) where !name.hasPrefix(".") {
        let directory = SessionDirectory(folder.appending(name))
        if !known.contains(directory.path) { found.append(FoundSession(id: name, directory: directory)) }
      }
    }
    // A directory may be gone, or hold another session by now.
    return found.filter { JournalEdges.session(of: $0.directory.journal) == $0.id }.sorted { $0.id < $1.id }
  }

  /// The sessions that someone hosts.
  func live() -> [FoundSession] { all().filter { $0.host.isLive } }

  /// The session of an id, of the beginning of only one id, of a name, or in a directory.
  ///
  /// - Throws: `UsageError` when there is none, or more than one.
  func find(_ text: String) throws(UsageError) -> FoundSession {
    if let session = try session(in: text) { return session }
    let all = all()
    if let session = all.first(where: { $0.id == text }) { return session }
    var found = text.isEmpty ? [] : all.filter { $0.id.hasPrefix(text) }
    // Names are in the journals, so they come last.
    if found.isEmpty { found = named(text, among: all) }
    if found.count == 1 { return found[0] }
    guard !found.isEmpty else {
      let known = all.map(\.id) + all.compactMap { SessionOverview.name(of: $0) }
      // Who names a place chooses from no list.
      guard !text.contains("/") else {
        throw UsageError(
          description: "there is no session in '\(text)': 'scalems-top list --all' shows those there are")
      }
      let listing = SessionListing(all.map(ShownSession.ours)).lines
      throw UsageError(
        description: "there is no session '\(text)'\(suggestion(for: text, among: known))"
          + (listing.isEmpty ? ": 'scalems-top --help' shows the commands" : listing))
    }
    throw UsageError(
      description:
        "'\(text)' may be any of \(found.count) sessions\(SessionListing(found.map(ShownSession.ours)).lines)",
      isAmbiguous: true)
  }

  /// The session that is called exactly so: by its id, its directory, or a name that no other has.
  func exact(_ text: String) -> FoundSession? {
    if let session = try? session(in: text) { return session }
    let all = all()
    if let session = all.first(where: { $0.id == text }) { return session }
    let found = named(text, among: all)
    return found.count == 1 ? found[0] : nil
  }

  /// Of sessions with one name the live one is meant.
  private func named(_ text: String, among all: [FoundSession]) -> [FoundSession] {
    let found = all.filter { SessionOverview.name(of: $0) == text }
    let live = found.filter { $0.host.isLive }
    return live.count == 1 ? live : found
  }

  /// The session that a directory, or its journal, belongs to.
  private func session(in text: String) throws(UsageError) -> FoundSession? {
    guard var path = try? absolutePath(FilePath(text)) else { return nil }
    if path.lastComponent?.string == "journal.jsonl" { path.removeLastComponent() }
    let directory = SessionDirectory(path)
    guard access(directory.journal.string, F_OK) == 0 else {
      guard errno == EACCES, let owner = directory.owner else { return nil }
      guard owner != geteuid() else {
        throw UsageError(description: "what is in \(path) cannot be read by you: its permissions forbid it")
      }
      throw UsageError(description: "what is in \(path) is for \(userName(of: owner)) alone: it cannot be seen by you")
    }
    do { return FoundSession(id: try JournalReader(directory.journal).session, directory: directory) } catch {
      throw UsageError(description: "\(error)")
    }
  }
}
