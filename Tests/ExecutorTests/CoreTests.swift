import SessionModel
import TestSupport
import Testing
import Work

@testable import Executor

/// A world for the core: an engine and a clock that do what a random number says, in no time.
private struct World {
  private(set) var core: SessionCore
  private(set) var events: [SessionEvent] = []
  private(set) var finished: [Int] = []
  private(set) var summary: SessionSummary?
  private var numbers: SeededNumbers
  private var held: [TaskID: Bool] = [:]
  private var calls: [EngineCall] = []
  private var timers: [SessionCore.Timer] = []
  private var time = Timestamp(microseconds: 1_785_571_200_000_000)
  private var commands = 0
  private var raptors = 0
  private var trouble: RecorderTrouble?

  init(_ seed: UInt64) throws {
    numbers = SeededNumbers(seed)
    core = SessionCore(
      info: Harness.info(), limits: TimeLimits(), pilotSize: .ofSession(cores: 4, gpus: nil, hasRaptor: seed % 2 == 0),
      workflow: Workflow(), resuming: nil)
    feed(.start)
  }

  mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &numbers) == 0 }

  mutating func feed(_ input: SessionCore.Input) {
    time.microseconds += 1000
    core.dispatchAhead = 8
    for effect in core.update(input, at: time) {
      #expect(summary == nil, "nothing follows the end")
      switch effect {
      case .record(let more): events += more
      case .submit(let tasks):
        #expect(trouble == nil, "nothing is started that could not be recorded")
        for task in tasks { held[task.id] = false }
      case .call(let call): calls.append(call)
      case .startTimer(let timer, _): timers.append(timer)
      case .finished(let record): finished.append(record.id)
      case .closed(let end): summary = end
      case .answer, .acknowledged, .ask, .cancel, .killEverything, .opened: break
      }
    }
  }

  mutating func command(_ command: OperatorCommand) {
    commands += 1
    feed(.command(CommandRequest(id: commands, command: command, sender: "ann", reason: chance(2) ? "why" : nil)))
  }

  mutating func step(_ number: Int) {
    switch Int.random(in: 0..<24, using: &numbers) {
    case 0..<4: offer(number)
    case 4..<11: drive()
    case 11..<15: answer()
    case 15: command([.drain, .stop].randomElement(using: &numbers) ?? .stop)
    case 16: command(chance(2) ? .resume : .rerun(chance(2) ? [] : [TaskID(Int.random(in: 0..<20, using: &numbers))]))
    case 17: command(.cancel(TaskIDs((0..<3).map { _ in TaskID(Int.random(in: 0..<20, using: &numbers)) })))
    case 18: expire()
    case 19: feed(.workComplete)
    default: rare()
    }
  }

  private mutating func offer(_ number: Int) {
    let count = chance(2) ? Int.random(in: 1...6, using: &numbers) : nil
    let after = number > 0 && chance(2) ? ["i\(Int.random(in: 0..<number, using: &numbers))"] : []
    let next = item(
      "i\(number)", count: count, after: after, retries: Int.random(in: 0...2, using: &numbers), raptor: chance(4))
    if chance(2) { command(.submit(.items([next]))) } else { feed(.offer(.items([next]), answer: number)) }
  }

  private mutating func drive() {
    guard let id = held.keys.sorted().randomElement(using: &numbers) else { return }
    let state: TaskState =
      [.agentExecuting, .done, .done, .failed, .canceled, .new].randomElement(using: &numbers) ?? .done
    if state.isFinal || state == .new { held[id] = nil }
    feed(.engine([SessionEvent(time: time, source: .agent, .task(id, state, TaskResult(exitCode: 1)))]))
  }

  private mutating func rare() {
    switch Int.random(in: 0..<14, using: &numbers) {
    case 0: pilot(.failed)
    case 1: feed(.engineEnded)
    case 2: feed(.signal(2))
    case 3: command(.close([.configured, .none, .seconds(3)].randomElement(using: &numbers) ?? .configured))
    case 4: command(.cancelRaptor)
    case 5, 6: raptor(.failed)
    case 7: feed(.abandonStart)
    case 8, 9:
      trouble = [.full("full"), .hangs("hangs"), .busy, nil, nil].randomElement(using: &numbers) ?? nil
      feed(.recorder(trouble))
    default: answer()
    }
  }

  private mutating func pilot(_ state: PilotState) {
    if state.isFinal { held = [:] }
    feed(.engine([SessionEvent(time: time, source: .agent, .pilot(PilotStatus(uid: "p", state: state, cores: 4)))]))
  }

  private mutating func raptor(_ state: TaskState) {
    if state == .agentExecuting { raptors += 1 }
    let status = RaptorStatus(uid: "raptor.\(raptors)", state: state, workers: 3)
    feed(.engine([SessionEvent(time: time, source: .agent, .raptor(status))]))
  }

  /// The engine answers one of the calls, well or badly.
  mutating func answer() {
    guard !calls.isEmpty else { return }
    let isGood = !chance(8)
    let problem = isGood ? nil : "no"
    switch calls.remove(at: Int.random(in: 0..<calls.count, using: &numbers)) {
    case .acquire(let resource):
      if isGood, resource == .pilot { pilot(.active) }
      if isGood, resource == .raptor { raptor(.agentExecuting) }
      feed(.returned(.acquired(resource, isGood ? .success("it") : .failure(DispatchError("no")))))
    case .release(let resources, _): for resource in resources { feed(.returned(.released(resource, problem))) }
    case .withdraw(let isShutdown):
      let ids = held.filter { !$0.value }.map(\.key)
      if isGood { for id in ids { held[id] = nil } }
      feed(.returned(.withdrawn(isGood ? .success(ids) : .failure(DispatchError("no")), isShutdown: isShutdown)))
    case .stopRaptor:
      if isGood { raptor(.done) }
      feed(.returned(.raptorStopped(problem)))
    case .cancelRaptor:
      if isGood { raptor(.canceled) }
      feed(.returned(.raptorCanceled(problem)))
    case .survivors: feed(.returned(.survivors(isGood ? [] : nil)))
    }
  }

  /// Has the engine answer until the session runs; `false` when it said no.
  mutating func open() -> Bool {
    while core.phase != .running, !calls.isEmpty { answer() }
    return core.phase == .running
  }

  mutating func expire() {
    guard !timers.isEmpty else { return }
    feed(.expired(timers.removeFirst()))
  }

  /// Every deadline passes, and nothing else happens.
  mutating func runOut() {
    for _ in 0..<200 where summary == nil { expire() }
  }
}

@Suite struct CoreTests {
  @Test(arguments: 0..<20)
  func `whatever happens, a session ends when its deadlines have passed, and its journal agrees`(_ part: UInt64) throws
  {
    for seed in (part * 100)..<(part * 100 + 100) {
      var world = try World(seed)
      for number in 0..<80 where world.summary == nil { world.step(number) }
      if world.summary == nil { world.command(.close()) }
      world.runOut()
      let summary = try #require(world.summary, "seed \(seed) does not end")
      var snapshot = SessionSnapshot()
      snapshot.apply(world.events)
      for state in TaskState.allCases {
        #expect(
          snapshot.tasks.count(inState: state) == summary.tasks[state.name] ?? 0, "seed \(seed): \(state.name)")
      }
      #expect(snapshot.pendingCommands.isEmpty, "seed \(seed): every command comes to its end")
      #expect(Set(world.finished).count == world.finished.count, "seed \(seed): once")
      #expect(phasesAreLeft(world.events), "seed \(seed): what is entered is left")
      #expect(world.events.last?.kind == .sessionClosed(summary))
    }
  }

  @Test func `a want of room lasts as long as something runs`() throws {
    var world = try #require(
      try (0..<100).lazy.map { try World($0) }.compactMap { world in
        var world = world
        return world.open() ? world : nil
      }.first)
    world.feed(.offer(.items([item("runs")]), answer: 1))
    world.feed(.engine([SessionEvent(source: .agent, .task(TaskID(0), .agentExecuting, nil))]))
    world.feed(.recorder(.full("no room")))
    // However often the time of the want passes.
    for _ in 0..<50 { world.expire() }
    #expect(world.core.phase == .running)
    world.feed(.engine([SessionEvent(source: .agent, .task(TaskID(0), .done, nil))]))
    world.runOut()
    #expect(world.summary?.tasks == ["DONE": 1])
    let words = "no room; that has lasted for 900 s, so the session ends"
    #expect(world.events.contains { $0.kind == .log(.error, words) })
  }

  private func phasesAreLeft(_ events: [SessionEvent]) -> Bool {
    var open: [ShutdownPhase] = []
    for event in events {
      switch event.kind {
      case .shutdownEntered(let phase, _): open.append(phase)
      case .shutdownLeft(let phase, _, _):
        guard let index = open.lastIndex(of: phase) else { return false }
        open.remove(at: index)
      default: break
      }
    }
    return open.isEmpty
  }
}
