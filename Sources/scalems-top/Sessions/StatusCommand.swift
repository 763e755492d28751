import ArgumentParser
import JSON
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import Words

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say how a session stands: phase, pilot, raptor, tasks, commands under way.",
    discussion: """
      scalems-top status ID
      scalems-top status --latest --json

      Exit status: 0, or 5 when its host ended without closing it: then it is said as of when that was true.
      """)

  @OptionGroup var session: SessionArgument

  @Flag(help: "As one JSON object.")
  var json = false

  @OptionGroup var patience: PatienceOptions

  func run() throws {
    if let program = KeptProgram(withoutSession: session.session) {
      if json { putJSON(program.json) } else { put(program.status) }
      return
    }
    let watchdog = Watchdog(patience.limit)
    let status: SessionStatus
    switch try session.choose().session {
    case .ours(let found):
      do { status = SessionStatus(found, try found.load(watchdog)) } catch { throw UsageError(description: "\(error)") }
    case .radical(let found): status = SessionStatus(found)
    }
    // Who reads it may take his time.
    watchdog.end()
    if json { putJSON(status.json) } else { put(status.text) }
    if status.isDead { throw ExitStatus(code: ExitStatus.hostGone) }
  }
}

/// How a session stands, in words and as JSON.
private struct SessionStatus {
  private let id: String
  private let directory: String
  private let snapshot: SessionSnapshot
  private let isLive: Bool
  let isDead: Bool
  private let isUnseen: Bool
  /// The process that runs the session, and the line that says so.
  private let pid: Int32?
  private let processWords: String?
  private let deathWords: String
  /// The command line of the program that opened it, if that is another one and lives.
  private let program: String?
  /// What another program's session says by itself.
  private let signs: RadicalSigns?

  init(_ found: FoundSession, _ snapshot: SessionSnapshot) {
    let host = found.host
    (id, directory, self.snapshot) = (found.id, found.directory.path.string, snapshot)
    isLive = host.isLive
    isDead = host == .gone && snapshot.phase != .closed
    isUnseen = host == .unseen && snapshot.phase != .closed
    pid = host.record?.pid
    processWords = host.record.map { record in
      let isStopped = record.isOnThisMachine && record.isStopped
      return "\(record.host), process \(record.pid)" + (isStopped ? ", which is stopped: it does not answer" : "")
    }
    deathWords = "its host ended without closing it"
    (program, signs) = (nil, nil)
  }

  init(_ found: RadicalSession) {
    (id, directory, snapshot) = (found.site.session, found.site.directory, found.load(describes: true))
    isLive = found.isLive
    isUnseen = found.isUnseen && snapshot.phase != .closed
    isDead = !found.isLive && !isUnseen && snapshot.phase != .closed
    pid = found.sighting?.owner?.pid
    processWords = found.sighting?.owner.map { owner in
      "\(machineName()), process \(owner.pid) (\(found.sighting?.program ?? ""))"
        + (owner.isStopped ? ", which is stopped: it does not answer" : "")
    }
    deathWords = "its program ended without closing it"
    program = found.sighting?.program
    signs = isLive ? RadicalSigns(of: found.site, owner: found.sighting?.owner) : nil
  }

  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("session", snapshot.info?.id ?? id)
    json.member("name", snapshot.info?.name)
    json.member("state", isDead ? "dead" : isUnseen ? "unseen" : snapshot.phase.rawValue)
    json.member("phase", snapshot.phase.rawValue)
    if !isUnseen { json.member("live", isLive) }
    json.member("host", snapshot.info?.host)
    json.member("pid", pid)
    json.member("user", snapshot.info?.user)
    json.member("engine", snapshot.info?.engine)
    json.member("resource", snapshot.info?.resource)
    json.member("directory", directory)
    json.member("opened", snapshot.opened?.seconds)
    json.member("last_event", snapshot.lastEvent?.seconds)
    json.member("workflow_complete", snapshot.isWorkflowComplete)
    json.member("pilot", snapshot.pilot?.state.rawValue)
    json.member("pilot_detail", snapshot.pilot?.detail)
    json.member("cores", snapshot.pilot?.cores)
    json.member("cores_in_use", snapshot.coresInUse)
    json.member("nodes", snapshot.pilot?.nodes)
    json.member("gpus", snapshot.pilot?.gpus)
    json.member("time_left", timeLeft)
    json.member("program", program)
    json.member("heartbeat", signs?.heartbeat?.seconds)
    json.member("news", signs?.carrier)
    json.member("raptor", snapshot.raptor?.state.name)
    json.member("total", snapshot.tasks.count)
    json.member("tasks", counts(\.word))
    json.member("states", states)
    json.member("failures", failures)
    json.member("pending_commands", snapshot.pendingCommands.map { "\($0.verb.rawValue) by \($0.sender.words)" })
    json.member("commands", commands)
    json.member("phase_reason", snapshot.phaseReason)
    if !isLive, snapshot.phase != .closed { json.member("as_of", snapshot.lastEvent?.seconds) }
    json.member("exit", snapshot.summary?.exitCode)
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private func counts(_ name: (TaskPhase) -> String) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: TaskPhase.allCases.map { (name($0), snapshot.tasks.count(in: $0)) })
  }

  private var failures: JSONValue {
    .array(
      FailureCauses(snapshot.tasks).all.map { cause in
        .object([
          "count": .int(cause.count), "canceled": .int(cause.canceled), "reason": .string(cause.reason),
          "first": .string(snapshot.tasks.uid(of: cause.first)),
        ])
      })
  }

  /// What is under way: who wants what, and why.
  private var commands: JSONValue {
    .array(
      snapshot.pendingCommands.map { command in
        var object: [String: JSONValue] = [
          "verb": .string(command.verb.rawValue), "user": .string(command.sender.user),
          "acknowledged": .bool(command.stage != .requested),
        ]
        if let origin = command.sender.origin { object["origin"] = .string(origin) }
        if let reason = command.reason { object["reason"] = .string(reason) }
        if !command.tasks.isEmpty { object["tasks"] = .int(command.tasks.count) }
        return .object(object)
      })
  }

  private var states: [String: Int] {
    var states: [String: Int] = [:]
    for state in TaskState.allCases where snapshot.tasks.count(inState: state) > 0 {
      states[state.name] = snapshot.tasks.count(inState: state)
    }
    return states
  }

  private var stateWords: String {
    if isDead { return "dead (\(deathWords))" }
    return isUnseen ? "unseen (whether its host lives cannot be seen by you)" : snapshot.phase.rawValue
  }

  /// What the pilot has beside its cores, and for how long.
  private func roomWords(_ pilot: PilotStatus) -> String? {
    var words: [String] = []
    if let nodes = pilot.nodes { words.append(Format.plural(nodes, "node")) }
    if pilot.gpus > 0 {
      words.append("\(Format.count(snapshot.tasks.gpusInUse)) of \(Format.plural(pilot.gpus, "gpu")) in use")
    }
    if let left = timeLeft {
      words.append("\(Format.clock(left)) left")
    } else if isLive, pilot.state == .active {
      words.append(pilot.isRuntimeKnown ? "no time limit" : "time left not known")
    }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  /// Seconds until the pilot's time is over.
  private var timeLeft: Double? {
    guard isLive, let pilot = snapshot.pilot, pilot.state == .active, let runtime = pilot.runtime,
      let active = snapshot.pilotActive
    else { return nil }
    return max(0, runtime - Timestamp.now.seconds(since: active))
  }

  var text: TerminalText {
    var lines: [(String, String)] = [("session", snapshot.info?.id ?? id)]
    if let info = snapshot.info {
      if info.name != info.id, !info.name.isEmpty { lines.append(("name", info.name)) }
      lines.append(("engine", "\(info.engine), \(info.resource)"))
    }
    let opened = snapshot.opened.map { ", opened \(Format.span(Timestamp.now.seconds(since: $0))) ago" } ?? ""
    let why = snapshot.phaseReason.map { " (\($0))" } ?? ""
    lines.append(("state", stateWords + (isDead || isUnseen ? "" : why) + opened))
    if let processWords { lines.append((signs == nil ? "host" : "program", processWords)) }
    if let signs { lines.append(("heartbeat", signs.words)) }
    // Of a session that nobody hosts the last that is known is not what is.
    let age =
      isDead || isUnseen
      ? snapshot.lastEvent.map { (time: $0, span: Format.span(Timestamp.now.seconds(since: $0))) } : nil
    let asOf = age.map { ", as of \($0.span) ago" } ?? ""
    if let age {
      lines.append(("as of", "\(Format.dateTime(age.time.local())), \(age.span) ago: what follows was true then"))
    }
    if let pilot = snapshot.pilot {
      lines.append(
        ("pilot", "\(pilot.uid) \(pilot.state.rawValue), \(pilot.usedCores(snapshot.coresInUse)) cores in use\(asOf)"))
      if let room = roomWords(pilot) { lines.append(("", room)) }
      if let detail = pilot.detail { lines.append(("", detail)) }
    }
    if let raptor = snapshot.raptor {
      lines.append(("raptor", "\(raptor.uid) \(raptor.state.name)" + (raptor.detail.map { ", \($0)" } ?? "")))
    }
    let counts = Dictionary(uniqueKeysWithValues: TaskPhase.allCases.map { ($0, snapshot.tasks.count(in: $0)) })
    let words = TaskCounts(counts, isClosed: snapshot.phase == .closed).words.map { ": \($0)" } ?? ""
    lines.append(("tasks", "\(snapshot.tasks.count)\(words)\(asOf)"))
    for command in snapshot.pendingCommands {
      let what = command.tasks.isEmpty ? "" : " of \(Format.plural(command.tasks.count, "task"))"
      let why = command.reason.map { ": \($0)" } ?? ""
      let stage = command.stage == .requested ? ", not acknowledged yet" : ""
      lines.append(("under way", "\(command.verb.rawValue)\(what) by \(command.sender.words)\(stage)\(why)"))
    }
    if let summary = snapshot.summary { lines.append(("exit", "\(summary.exitCode)")) }
    lines.append(("directory", directory))
    let failures = FailureReport(snapshot.tasks).lines.enumerated().map { number, line in
      "\(TerminalText(number == 0 ? "failed" : "").padded(to: 10)) \(line)\n" as TerminalText
    }
    return lines.map { label, value in "\(TerminalText(label).padded(to: 10)) \(value)\n" }.joined() + failures.joined()
  }
}
