import Glibc
import JSON
import SessionLink
import SessionModel

/// A session in one line of a list.
struct SessionOverview: Sendable {
  enum Life: Equatable {
    /// Someone hosts it.
    case live
    /// It came to its end.
    case closed
    /// Its host ended without closing it.
    case dead
    /// Whether someone hosts it cannot be seen by this user.
    case unseen
  }

  var id: String
  var directory: String
  var info: SessionInfo?
  var phase = SessionPhase.starting
  var life = Life.dead
  /// Tasks by group.
  var counts: [TaskPhase: Int] = [:]
  var total = 0
  var opened: Timestamp?
  var lastEvent: Timestamp?
  /// Of a session that closed.
  var exitCode: Int32?
  var pilot: PilotState?
  /// Whether its tasks were not counted, because that would take too long.
  var isUnread = false

  /// Reads as little of the journal as will do: of a session that closed, its beginning and its end.
  init(_ session: FoundSession) {
    id = session.id
    directory = session.directory.path.string
    let host = session.host
    if !host.isLive, let last = JournalEdges.lastEvent(of: session.directory.journal),
      case .sessionClosed(let summary) = last.kind
    {
      let opening = JournalEdges.opening(of: session.directory.journal)
      info = opening?.info
      opened = opening?.time
      life = .closed
      phase = .closed
      lastEvent = last.time
      exitCode = summary.exitCode
      for (name, count) in summary.tasks {
        total += count
        if let phase = TaskState(name: name)?.phase { counts[phase, default: 0] += count }
      }
      return
    }
    guard let snapshot = try? session.load() else { return }
    note(snapshot)
    life = snapshot.phase == .closed ? .closed : host.isLive ? .live : host == .unseen ? .unseen : .dead
  }

  /// A session that another program opened.
  ///
  /// - Parameter reads: whether its files are read, all of them; otherwise there is only whether it was closed.
  init(_ session: RadicalSession, reads: Bool = true) {
    id = session.site.session
    directory = session.site.directory
    guard reads else {
      (isUnread, life) = (true, session.site.isClosed ? .closed : session.isUnseen ? .unseen : .dead)
      if life == .closed { phase = .closed }
      return
    }
    let snapshot = session.load()
    note(snapshot)
    life = snapshot.phase == .closed ? .closed : session.isLive ? .live : session.isUnseen ? .unseen : .dead
  }

  private mutating func note(_ snapshot: SessionSnapshot) {
    info = snapshot.info
    opened = snapshot.opened
    lastEvent = snapshot.lastEvent
    phase = snapshot.phase
    pilot = snapshot.pilot?.state
    exitCode = snapshot.summary?.exitCode
    total = snapshot.tasks.count
    for phase in TaskPhase.allCases where snapshot.tasks.count(in: phase) > 0 {
      counts[phase] = snapshot.tasks.count(in: phase)
    }
  }

  /// What people see as the state of the session.
  var stateWord: String {
    switch life {
    case .dead: "dead"
    case .unseen: "unseen"
    case .live, .closed: phase.rawValue
    }
  }

  /// The process that runs it, or has it open; `nil` of one that nobody is seen to run.
  var pid: Int32? {
    guard life == .live, let pid = info?.pid, pid > 0 else { return nil }
    return pid
  }

  /// `3 running, 20 queued, 100 done`.
  var countWords: String {
    if isUnread { return "not counted" }
    return TaskCounts(counts, isClosed: life == .closed).words ?? "no tasks"
  }

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.member("session", id)
    json.member("name", info?.name)
    json.member("state", stateWord)
    if life != .unseen { json.member("live", life == .live) }
    json.member("host", info?.host)
    json.member("user", info?.user)
    json.member("engine", info?.engine)
    json.member("resource", info?.resource)
    json.member("pid", pid)
    json.member("pilot", pilot?.rawValue)
    if !isUnread { json.member("tasks", Dictionary(uniqueKeysWithValues: counts.map { ($0.key.word, $0.value) })) }
    json.member("opened", opened?.seconds)
    json.member("last_event", lastEvent?.seconds)
    json.member("exit", exitCode)
    json.member("directory", directory)
    json.endObject()
    json.endLine()
  }

  /// The name that a session was given; `nil` when its journal does not say.
  static func name(of session: FoundSession) -> String? {
    JournalEdges.opening(of: session.directory.journal)?.info.name
  }
}
