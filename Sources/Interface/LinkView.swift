import SessionModel
import Terminal
import Words

// How far what the screen shows can be believed.
extension InterfaceState {
  /// Whether the session ended without closing, so that nothing more will come.
  var isHostGone: Bool {
    guard !isClosed, case .gone = link?.host else { return false }
    return true
  }

  /// The time by which what runs is measured: with its host gone, nothing is known to run on.
  var clock: Timestamp {
    guard isHostGone, let last = snapshot.lastEvent else { return present }
    return min(last, now)
  }

  /// The time by which things are old: now, or what is now in a recording.
  var present: Timestamp { timeline?.position ?? pause?.since ?? now }

  // MARK: Header

  /// How old the newest fact is; a quiet session is not out of date while its host lives.
  var age: Span? {
    guard !isClosed, pause == nil else { return nil }
    switch link?.host {
    case .gone(let since): return Span("stale \(Format.age(now.seconds(since: since)))", .warning)
    case .silent(let since):
      let age = Format.age(now.seconds(since: since))
      let sign = keeper == .program ? "heartbeat" : "sign of life"
      return Span(size.columns >= 76 ? "no \(sign) for \(age)" : "silent \(age)", .warning)
    case .elsewhere(let time):
      // The files alone say how old they are: nothing else shows whether it lives.
      let seconds = now.seconds(since: time)
      return Span("as of \(Format.age(seconds)) ago", seconds < Self.oldAge ? .dim : .warning)
    case .unseen: return Span(size.columns >= 76 ? "its host cannot be seen by you" : "host unseen", .warning)
    // A quiet session is not an old one.
    case .alive, nil:
      guard !isReplay else { return nil }
      guard let heartbeat = link?.heartbeat else { return Span("live", .dim) }
      let late = now.seconds(since: heartbeat)
      return late < Self.lateHeartbeat ? Span("heartbeat", .ok) : Span("heartbeat \(Format.age(late)) ago", .warning)
    }
  }

  /// Seconds: there is one every second, and the machine may be busy.
  private static let lateHeartbeat = 3.0

  // MARK: The program of a session, in full

  /// Whether its program says that it lives, for people; `nil` when there is nothing that could.
  var heartbeatFact: Span? {
    guard keeper == .program, let link, !isClosed, !isHostGone, !isReplay else { return nil }
    switch link.host {
    case .silent(let since):
      return Span("none for \(Format.span(now.seconds(since: since))): it should come every second", .warning)
    case .elsewhere where link.heartbeat == nil, .unseen:
      return Span("not heard: its program is not on this machine", .dim)
    default: break
    }
    guard let heartbeat = link.heartbeat else {
      return link.way == .socket
        ? Span("none yet: it comes from pilot managers", .dim)
        : Span("not heard: the session's channels do not answer", .warning)
    }
    let late = max(0, now.seconds(since: heartbeat))
    return Span("\(Format.seconds(late)) ago, one every second", late < Self.lateHeartbeat ? .ok : .warning)
  }

  /// Where news of another program's session come from, and how old the newest is.
  var newsFact: Span? {
    guard keeper == .program, let link, !isClosed, !isHostGone, !isReplay else { return nil }
    let age = snapshot.lastEvent.map { ", the newest \(Format.age(now.seconds(since: $0))) old" } ?? ""
    switch link.way {
    case .socket: return Span("from the session's own channels, and from its files\(age)")
    case .files(let delay):
      return Span("from its files alone, looked at every \(Format.seconds(delay))\(age)", .warning)
    }
  }

  private static let oldAge = 60.0

  /// The way of facts and commands, as far as it matters on a screen of this width.
  var wayOfLink: Span? {
    guard !isClosed, !isHostGone else { return nil }
    switch link?.way {
    case .socket: return size.columns >= 100 ? Span(keeper == .program ? "wire" : "socket", .dim) : nil
    case .files(let delay): return Span(size.columns >= 76 ? "files \(Format.seconds(delay))" : "files", .dim)
    case nil: return nil
    }
  }

  /// What the words in the header mean, for the help.
  var linkHelp: [(name: String, help: String)] {
    guard let link else { return [] }
    switch link.way {
    case .socket where keeper == .program:
      return [
        ("wire", "news come from the session's own channels, and from its files"),
        ("heartbeat", "its program says every second that it lives"),
      ]
    case .socket: return [("socket", "facts and commands go to the session's host, at once")]
    case .files(let delay):
      let often = delay == 1 ? "every second" : "every \(Format.seconds(delay))"
      return [("files", "facts and commands go through files, looked at \(often)")]
    }
  }

  // MARK: Banner

  /// What must not be overlooked: it stays below the header for as long as it is true.
  var bannerLines: [Span] {
    var lines: [Span] = []
    let room = max(1, size.columns - 2)
    if isHostGone, keeper == .program {
      let id = snapshot.info?.id ?? "SESSION"
      let long =
        "its program has ended without closing the session: what is shown is the last it wrote; "
        + "'scalems-top doctor --orphans \(id)' ends what it left"
      let wrapped = Columns.wrap(long, width: room)
      lines += (wrapped.count <= bannerLimit ? wrapped : ["its program is gone: doctor --orphans"])
        .map { Span($0, .error) }
    } else if isHostGone {
      let resume = "run --resume \(snapshot.info?.id ?? "ID")"
      let long =
        "the host of the session is gone: what is shown is the last it wrote; 'scalems-top \(resume)' takes it up again"
      let wrapped = Columns.wrap(long, width: room)
      lines += (wrapped.count <= bannerLimit ? wrapped : ["host gone: \(resume)"]).map { Span($0, .error) }
    }
    // On the narrowest screens the header has no room for it.
    if size.columns < 50, isReadOnly, !isClosed, case .silent(let since) = link?.host {
      lines.append(Span("no sign of life for \(Format.age(now.seconds(since: since)))", .warning))
    }
    if let ending = ending(room: bannerLimit == 1 ? room : .max) {
      lines += Columns.wrap(ending, width: room).map { Span($0, .warning) }
    }
    if let problem = link?.problem { lines += Columns.wrap(problem, width: room).map { Span($0, .warning) } }
    guard lines.count > bannerLimit else { return lines }
    // The last one that fits shows that it goes on.
    lines[bannerLimit - 1].text += " " + lines[bannerLimit].text
    return Array(lines.prefix(bannerLimit))
  }

  /// That the session ends or takes no more work: who wanted it, why, and what can still be done about it.
  ///
  /// - Parameter room: columns in which it should fit.
  private func ending(room: Int) -> String? {
    let verb: OperatorCommand.Verb
    switch snapshot.phase {
    case .draining: verb = .drain
    case .stopping: verb = .stop
    case .closing: verb = .close
    case .starting, .running, .closed: return nil
    }
    guard !isHostGone else { return nil }
    let record = snapshot.commands.last { $0.verb == verb }
    let author = record.map { "by \($0.sender.words)" }
    // What is done to another program to end its session comes in steps.
    let stage = record == nil || keeper == .program ? snapshot.phaseReason : nil
    let reasons = [record?.reason, stage].compactMap { $0 }
    let reason = reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    let text = snapshot.phase.rawValue + (author.map { ", \($0)" } ?? "") + (reason.map { ": \($0)" } ?? "")
    // The phase stands in the header and the key in the key line.
    let short = [author, reason].compactMap { $0 }.joined(separator: ": ")
    // A stage may end with what the key does then.
    let isKeySaid = keeper == .program && stage?.contains(": X ends ") ?? false
    let all = [isKeySaid ? text : text + wayOut(of: verb), text, short.isEmpty ? text : short]
    return all.first { CellWidth.columns(of: $0) <= room } ?? all[2]
  }

  private func wayOut(of verb: OperatorCommand.Verb) -> String {
    guard !isReadOnly, !isReplay else { return "" }
    if verb == .close {
      // A session without the key is hurried by nothing but the signal.
      let ways = [keyName(of: verb.rawValue), isOwned && keeper == .host ? "Ctrl-C" : nil].compactMap { $0 }
      return ways.isEmpty ? "" : "; \(ways.joined(separator: " or ")) hurries it"
    }
    return keyName(of: OperatorCommand.Verb.resume.rawValue).map { "; \($0) undoes it" } ?? ""
  }

  /// On a low screen the tasks need the rows.
  private var bannerLimit: Int { min(3, max(1, size.rows - 9)) }

  func drawBanner(_ grid: inout CellGrid, _ rect: Rect) {
    for (line, span) in bannerLines.prefix(rect.height).enumerated() {
      grid.put(span.text, row: rect.row + line, column: 1, width: rect.width - 2, style: span.style)
    }
  }
}
