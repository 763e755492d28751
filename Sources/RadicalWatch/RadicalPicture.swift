import Leftovers
import SessionModel
import Words
import Work

/// What is known of a session of RADICAL-Pilot, put together from what its files and its wire say, in any order; no I/O.
///
/// A state only rises: what is told late, or twice, or by another part of RADICAL-Pilot in other words, changes nothing.
struct RadicalPicture {
  private(set) var snapshot = SessionSnapshot()
  private var numbers: [String: TaskID] = [:]
  private var pilots: [String: PilotFacts] = [:]
  private var pilotStates: [String: PilotState] = [:]
  /// What the batch system says of pilots.
  private var jobs: [String: SlurmQueue.Job] = [:]
  /// Pilots whose agents will not become active.
  private var deaf: Set<String> = []
  /// Why pilots failed, as far as that is known.
  private var pilotFailures: [String: String] = [:]
  /// Tasks that run, or did, and of which nothing but the id is known; the newest last.
  private(set) var undescribed: [String] = []
  private var described: Set<TaskID> = []
  /// Tasks that are workers of raptors, each with its raptor, as far as that is known.
  private var raptorOfWorker: [String: String?] = [:]
  /// Who has the tasks and the pilots, by RADICAL-Pilot's names: `tmgr.0000`, `pmgr.0000`.
  private var managers: [String: String] = [:]
  /// What became of the session, while it is gone through once more from its beginning.
  private let outcome: Outcome?
  /// Everything that happened, when it is recorded.
  private(set) var events: [SessionEvent] = []

  private final class Outcome: Sendable {
    let picture: RadicalPicture
    init(_ picture: RadicalPicture) { self.picture = picture }
  }

  /// What a session without a pilot runs on.
  static let unknownResource = "unknown"

  init() { outcome = nil }

  /// One that is put together once more, and recorded: what a task is, and how it ended, which its files say in other
  /// places and without a time, is known from the beginning on.
  init(recording whole: RadicalPicture) {
    outcome = Outcome(whole)
    pilots = whole.pilots
    pilotFailures = whole.pilotFailures
    raptorOfWorker = whole.raptorOfWorker
  }

  /// The manager of a task or a pilot, which alone obeys for it.
  func manager(of uid: String) -> String? { managers[uid] }

  /// Whether a manager has, or had, tasks or pilots.
  func hasManager(name: String) -> Bool { managers.values.contains(name) }

  /// RADICAL-Pilot's id of a task.
  func uid(of id: TaskID) -> String { snapshot.tasks.uid(of: id) }

  mutating func open(_ info: SessionInfo, at time: Timestamp) {
    apply(.sessionOpened(info), at: time)
  }

  mutating func apply(_ kind: SessionEvent.Kind, at time: Timestamp) {
    let event = SessionEvent(time: time, source: .engine, kind)
    snapshot.apply(event)
    if outcome != nil { events.append(event) }
  }

  // MARK: States

  /// Takes lines of any files.
  ///
  /// - Parameters:
  ///   - said: what logs say, in the order of its times.
  ///   - stderr: the end of what a task wrote to its standard error, which says why it failed.
  mutating func take(
    _ lines: [ProfileLine], _ said: [RadicalLogLine] = [], stderr: (String) -> String? = { _ in nil }
  ) {
    var said = said[...]
    defer { for line in said { note(line) } }
    for line in lines.sorted(by: { $0.time < $1.time }) {
      while let first = said.first, first.time <= line.time {
        said.removeFirst()
        note(first)
      }
      switch line.event {
      case .advance where line.state == "NEW" && line.component.contains("mgr."):
        managers[line.uid] = line.component
        advance(line.uid, to: line.state, at: line.time)
      case .advance:
        var facts: TaskFacts?
        if line.state == TaskState.failed.name, isOpen(line.uid) {
          facts = TaskFacts(uid: line.uid)
          facts?.stderr = stderr(line.uid)
        }
        advance(line.uid, to: line.state, at: line.time, facts)
      case .rankStart:
        // RADICAL-Pilot shows a function as waiting until it has ended.
        guard let id = numbers[line.uid], snapshot.tasks.state(of: id) < .agentExecuting else { break }
        if !described.contains(id) {
          // Workers alone say that, and there is no script of a function.
          var description = TaskDescription(name: line.uid)
          description.raptor = true
          snapshot.tasks.describe(id, as: description)
          described.insert(id)
        }
        move(id, to: .agentExecuting, at: line.time)
      case .rankStop: break
      }
    }
  }

  /// - Returns: whether something is new by that.
  @discardableResult
  mutating func advance(_ uid: String, to name: String, at time: Timestamp, _ facts: TaskFacts? = nil) -> Bool {
    if uid.hasPrefix("pilot.") { return advancePilot(uid, to: name, at: time) }
    guard let state = TaskState(name: name) else { return false }
    let id = number(of: uid, at: time)
    if let facts {
      describe(facts)
      if state.isFinal, snapshot.tasks.state(of: id) == state {
        note(TaskResult(exitCode: facts.exitCode, reason: Self.reason(facts, state)), for: id)
        return true
      }
    }
    guard state > snapshot.tasks.state(of: id), !snapshot.tasks.state(of: id).isFinal else { return false }
    move(id, to: state, at: time, facts)
    return true
  }

  private func isOpen(_ uid: String) -> Bool { numbers[uid].map { !snapshot.tasks.state(of: $0).isFinal } ?? true }

  private mutating func move(_ id: TaskID, to state: TaskState, at time: Timestamp, _ facts: TaskFacts? = nil) {
    if state >= .agentExecuting, !described.contains(id) { undescribed.append(uid(of: id)) }
    var result: TaskResult?
    if state.isFinal {
      result = TaskResult(exitCode: facts?.exitCode, reason: facts.flatMap { Self.reason($0, state) })
      if let end = outcome?.picture.details(of: uid(of: id)), end.state == state {
        result = TaskResult(exitCode: end.exitCode, reason: end.reason)
      }
    }
    apply(.task(id, state, result), at: time)
    // The raptor is a task among the others.
    if var raptor = snapshot.raptor, raptor.uid == uid(of: id) {
      raptor.state = state
      apply(.raptor(raptor), at: time)
    }
    if raptorOfWorker.keys.contains(uid(of: id)) { noteWorkers(at: time) }
  }

  private mutating func note(_ line: RadicalLogLine) {
    apply(.log(line.level, line.text), at: max(line.time, snapshot.opened ?? line.time))
  }

  /// The names of all workers.
  var workers: Set<String> { Set(raptorOfWorker.keys) }

  /// Those of one raptor; RADICAL-Pilot names them after it where nobody else does.
  func workers(of raptor: String) -> [String] {
    raptorOfWorker.filter { $1.map { $0 == raptor } ?? $0.hasPrefix(raptor + ".") }.map(\.key).sorted()
  }

  /// Which of the raptor's workers run: functions run on their cores.
  private mutating func noteWorkers(at time: Timestamp) {
    guard var raptor = snapshot.raptor, !raptor.state.isFinal else { return }
    let running = workers(of: raptor.uid).compactMap { numbers[$0] }.filter {
      snapshot.tasks.state(of: $0).phase == .running
    }
    let cores = running.reduce(0) { $0 + (snapshot.tasks.batch(of: $1)?.description.resources.cores ?? 0) }
    let words =
      running.isEmpty
      ? "no worker runs" : "\(Format.plural(running.count, "worker")) on \(Format.plural(cores, "core"))"
    guard raptor.detail != words else { return }
    raptor.detail = words
    apply(.raptor(raptor), at: time)
  }

  private static func reason(_ facts: TaskFacts, _ state: TaskState) -> String? {
    guard state == .failed else { return nil }
    // Of a traceback, too, the last line says what was wrong.
    return [facts.stderr, facts.detail].lazy.compactMap { $0 }.map { PrintedText.lastLine(of: $0) }.first {
      !$0.isEmpty
    }
  }

  private mutating func number(of uid: String, at time: Timestamp) -> TaskID {
    if let known = numbers[uid] { return known }
    let id = TaskID(snapshot.tasks.count)
    numbers[uid] = id
    let known = outcome?.picture
    var description = TaskDescription(name: uid)
    if let known, let other = known.numbers[uid], let batch = known.snapshot.tasks.batch(of: other) {
      description = batch.description
      if known.described.contains(other) { described.insert(id) }
    }
    apply(.tasksAdded(TaskBatch(first: id, description: description, members: .single, uid: uid)), at: time)
    if var raptor = known?.snapshot.raptor, raptor.uid == uid {
      (raptor.state, raptor.detail) = (.new, nil)
      apply(.raptor(raptor), at: time)
    }
    return id
  }

  /// Takes what is known of the end of a task that has ended.
  private mutating func note(_ result: TaskResult, for id: TaskID) {
    let isNew = snapshot.tasks.details(of: id).map { $0.exitCode != result.exitCode } ?? false
    snapshot.tasks.note(result, for: id)
    guard outcome != nil, isNew else { return }
    let kind = SessionEvent.Kind.task(id, snapshot.tasks.state(of: id), result)
    events.append(SessionEvent(time: snapshot.lastEvent ?? .now, source: .engine, kind))
  }

  /// What was recorded since it was asked for last.
  mutating func takeEvents() -> [SessionEvent] {
    defer { events = [] }
    return events
  }

  private func details(of uid: String) -> TaskDetails? { numbers[uid].flatMap { snapshot.tasks.details(of: $0) } }

  // MARK: What is not a state

  /// Takes what is known of a task beside its state.
  mutating func describe(_ facts: TaskFacts) {
    guard let id = numbers[facts.uid], let description = facts.description else { return }
    snapshot.tasks.describe(id, as: description)
    described.insert(id)
    noteRaptor(id, facts)
  }

  /// Takes what the session itself says, which may be late, or told twice.
  mutating func take(_ update: RadicalWire.Update) {
    switch update.facts {
    case .task(let facts)?: advance(update.uid, to: update.state, at: update.time, facts)
    case .pilot(let facts)?:
      take(facts)
      advance(update.uid, to: update.state, at: update.time)
    case nil: advance(update.uid, to: update.state, at: update.time)
    }
  }

  private mutating func noteRaptor(_ id: TaskID, _ facts: TaskFacts) {
    if facts.mode == "raptor.worker", !facts.uid.contains("/") {
      let isNew = raptorOfWorker.updateValue(facts.raptor, forKey: facts.uid) == nil
      if isNew { noteWorkers(at: snapshot.lastEvent ?? .now) }
    }
    guard facts.mode == "raptor.master", snapshot.raptor == nil else { return }
    apply(
      .raptor(RaptorStatus(uid: facts.uid, state: snapshot.tasks.state(of: id), workers: 0)),
      at: snapshot.lastEvent ?? .now)
    noteWorkers(at: snapshot.lastEvent ?? .now)
  }

  /// Takes what is known of a task in the end: its exit code, too, which no profile says.
  mutating func finish(_ facts: TaskFacts, at time: Timestamp) {
    guard !facts.uid.isEmpty, let state = facts.state.flatMap(TaskState.init(name:)) else { return }
    let id = number(of: facts.uid, at: time)
    describe(facts)
    let known = snapshot.tasks.state(of: id)
    if known == state {
      note(TaskResult(exitCode: facts.exitCode, reason: Self.reason(facts, state)), for: id)
    } else if !known.isFinal, state > known {
      move(id, to: state, at: time, facts)
    }
  }

  /// Its program has closed the session, which ends its pilots, whether or not RADICAL-Pilot wrote that down in time; what it
  /// has not brought to an end, as raptors, ended with them.
  mutating func endAll(at time: Timestamp) {
    for uid in livePilots { advance(uid, to: PilotState.canceled.rawValue, at: time) }
    for id in (0..<snapshot.tasks.count).map({ TaskID($0) }) where !snapshot.tasks.state(of: id).isFinal {
      move(id, to: .canceled, at: time)
    }
  }

  /// The tasks to be asked for; they are not named again.
  mutating func nextUndescribed(_ count: Int) -> [String] {
    let next = Array(undescribed.suffix(count).reversed())
    undescribed.removeLast(next.count)
    return next
  }

  mutating func take(_ facts: PilotFacts) {
    var known = pilots[facts.uid] ?? facts
    known.take(facts)
    // A session is seen before it has a pilot.
    if let resource = known.resource, snapshot.info?.resource == Self.unknownResource {
      snapshot.info?.resource = resource
    }
    pilots[facts.uid] = known
    // No news of its state: nothing for the log.
    if let status = snapshot.pilot, status.uid == facts.uid { snapshot.pilot = self.status(facts.uid, status.state) }
  }

  /// Takes what the batch system says of pilots, by their ids.
  ///
  /// - Returns: whether something is new.
  mutating func take(_ news: [String: SlurmQueue.Job]) -> Bool {
    jobs.merge(news) { $1 }
    return renewDetail()
  }

  /// Takes that the agent of a pilot will not become active.
  ///
  /// - Returns: whether something is new.
  mutating func take(deafAgentOf uid: String) -> Bool { deaf.insert(uid).inserted && renewDetail() }

  private mutating func renewDetail() -> Bool {
    guard let shown = snapshot.pilot, !shown.state.isFinal else { return false }
    let status = status(shown.uid, shown.state)
    guard status.detail != shown.detail else { return false }
    apply(.pilot(status), at: .now)
    return true
  }

  /// What gives out the nodes of its pilots; `nil` when that is not known.
  var manager: String? { pilots.values.lazy.compactMap(\.manager).first }

  /// Whether there are pilots that are, or may be, jobs of Slurm's, and have not come to their end.
  var hasJobs: Bool {
    livePilots.contains { uid in
      let facts = pilots[uid]
      return facts?.manager.map { $0 == "SLURM" } ?? !(facts?.resource?.hasPrefix("local.") ?? false)
    }
  }

  /// Why a pilot waits, or what it has.
  private func detail(_ uid: String, _ state: PilotState) -> String? {
    if state == .activePending, deaf.contains(uid) { return "its agent is stuck at its start; X ends it" }
    if state == .failed { return pilotFailures[uid] }
    guard !state.isFinal, let job = jobs[uid] else { return nil }
    guard state == .active else { return "job \(job.id) \(job.state)\(job.reason.isEmpty ? "" : ": \(job.reason)")" }
    return "job \(job.id)"
  }

  /// Takes why a pilot failed, before it is said to have.
  mutating func explain(_ pilot: String, _ reason: String) { pilotFailures[pilot] = reason }

  var pilotCount: Int { pilotStates.count }

  var pilotNames: Set<String> { Set(pilotStates.keys) }

  /// Pilots that wait for their agents, or for a place to run at.
  var waitingPilots: Set<String> { Set(pilotStates.filter { $0.value == .activePending }.map(\.key)) }

  /// Pilots that have not come to their end.
  var livePilots: [String] { pilotStates.filter { !$0.value.isFinal }.map(\.key).sorted() }

  private mutating func advancePilot(_ uid: String, to name: String, at time: Timestamp) -> Bool {
    guard let state = PilotState(rawValue: name) else { return false }
    if pilotStates[uid].map({ !$0.isFinal && Self.order($0) < Self.order(state) }) ?? true { pilotStates[uid] = state }
    if let now = snapshot.pilot {
      // One is shown: the last that lives.
      if now.uid != uid {
        guard now.state.isFinal || uid > now.uid else { return false }
      } else {
        guard !now.state.isFinal, Self.order(state) > Self.order(now.state) else { return false }
      }
    }
    apply(.pilot(status(uid, state)), at: time)
    return true
  }

  private func status(_ uid: String, _ state: PilotState) -> PilotStatus {
    let facts = pilots[uid]
    var status = PilotStatus(
      uid: uid, state: state, cores: facts?.cores ?? 0, gpus: facts?.gpus ?? 0, nodes: facts?.nodes,
      runtime: facts?.runtime.flatMap { $0 > 0 ? $0 * 60 : nil }, detail: detail(uid, state))
    status.isRuntimeKnown = facts?.runtime != nil
    return status
  }

  private static func order(_ state: PilotState) -> Int { PilotState.allCases.firstIndex(of: state) ?? 0 }
}
