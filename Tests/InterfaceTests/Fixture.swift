import SessionModel
import Terminal
import Work

@testable import Interface

/// A made-up session on a made-up clock.
struct Fixture {
  static let start = Timestamp(seconds: 1_785_571_200)
  static func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: start.seconds + seconds) }

  var state: InterfaceState
  var seconds = 0.0

  init(
    isReadOnly: Bool = false, isOwned: Bool = true, exitWhenDone: Bool = false, isASCII: Bool = false,
    isFlat: Bool = true, keeper: SessionKeeper = .host, rows: Int = 24, columns: Int = 80,
    keys: ActionTable = .standard, hasMouse: Bool = false
  ) {
    state = InterfaceState(
      isReadOnly: isReadOnly, isOwned: isOwned, exitWhenDone: exitWhenDone, isASCII: isASCII, keeper: keeper,
      keys: keys, hasMouse: hasMouse, now: Self.start)
    state.size = CellSize(rows: rows, columns: columns)
    state.isFlat = isFlat
  }

  var now: Timestamp { Self.at(seconds) }

  mutating func events(_ kinds: SessionEvent.Kind...) {
    _ = state.update(.session(.events(kinds.map { SessionEvent(time: now, source: .executor, $0) })), at: now)
  }

  /// Presses keys as a person would: each is answered with a frame.
  @discardableResult
  mutating func press(_ inputs: InputEvent...) -> [Effect] {
    var effects: [Effect] = []
    for input in inputs {
      effects += state.update(.burst([input], continues: false), at: now)
      effects += settle()
    }
    return effects
  }

  @discardableResult
  mutating func type(_ text: String) -> [Effect] {
    text.flatMap { press(.character($0)) }
  }

  @discardableResult
  mutating func settle() -> [Effect] { state.settle(size: state.size, at: now) }

  mutating func screen() -> CellGrid {
    settle()
    return state.view()
  }

  mutating func wait(_ seconds: Double) {
    self.seconds += seconds
    _ = state.update(.tick, at: now)
  }

  mutating func open(gpus: Int = 0, raptor: Bool = false) {
    events(
      .sessionOpened(
        SessionInfo(
          id: "session.0042", name: "water-box", engine: "local", resource: "local.localhost", user: "ada",
          host: "login1", pid: 4711, directory: "/home/ada/s")),
      .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 16, gpus: gpus, runtime: 3600)),
      .sessionPhase(.running, reason: nil))
    if raptor {
      events(.raptor(RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 8, hello: "scalems 1.0")))
    }
  }

  mutating func add(_ name: String, count: Int? = nil, argv: [String] = ["/bin/true"], raptor: Bool = false) {
    var description = TaskDescription(name: name, argv: argv, raptor: raptor)
    description.resources.coresPerRank = 2
    events(
      .tasksAdded(
        TaskBatch(
          first: TaskID(state.snapshot.tasks.count), description: description,
          members: count.map { .ensemble(first: 0, count: $0) } ?? .single)))
  }

  mutating func move(_ numbers: some Sequence<Int>, _ state: TaskState, _ result: TaskResult? = nil) {
    for number in numbers { events(.task(TaskID(number), state, result)) }
  }

  /// A session in full swing: 40 tasks, of which some run, wait, are done and failed.
  static func busy(
    isReadOnly: Bool = false, isOwned: Bool = true, isASCII: Bool = false, isFlat: Bool = true, rows: Int = 24,
    columns: Int = 80, raptor: Bool = true, keys: ActionTable = .standard, hasMouse: Bool = false
  ) -> Fixture {
    var fixture = Fixture(
      isReadOnly: isReadOnly, isOwned: isOwned, isASCII: isASCII, isFlat: isFlat, rows: rows, columns: columns,
      keys: keys, hasMouse: hasMouse)
    fixture.open(gpus: 2, raptor: raptor)
    fixture.add("prepare", argv: ["gmx", "grompp", "-f", "md.mdp"])
    fixture.add("simulate", count: 38, argv: ["gmx", "mdrun", "-deffnm", "member{member}"], raptor: raptor)
    fixture.add("höhe-解析", argv: ["python3", "analyse.py", "--naïve"])
    fixture.events(.workflowComplete)
    fixture.move([0], .agentExecuting)
    fixture.wait(2)
    fixture.move([0], .done, TaskResult(exitCode: 0, wall: 2))
    fixture.move(1...20, .agentSchedulingPending)
    fixture.move(1...10, .agentExecuting, TaskResult(pid: 999))
    fixture.wait(61)
    fixture.move([1, 3], .done, TaskResult(exitCode: 0, user: 58.25, system: 1.5, peakMemory: 234_567))
    fixture.move([2], .failed, TaskResult(exitCode: 1, reason: "Fatal error: the water molecule 7 cannot be settled"))
    fixture.move([4], .canceled, TaskResult(signal: 15, reason: "canceled by ada"))
    fixture.events(
      .command(CommandRecord(id: 1, verb: .cancel, tasks: [TaskID(6)], sender: "ada", stage: .requested)))
    fixture.wait(4)
    fixture.settle()
    return fixture
  }

  /// A session that another program opened with RADICAL-Pilot.
  static func program(rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = Fixture(isReadOnly: true, isOwned: false, keeper: .program, rows: rows, columns: columns)
    let id = "rp.session.25588d52-e9a2-11f1-baac-02fc00000001"
    fixture.events(
      .sessionOpened(
        SessionInfo(
          id: id, name: "free_energy.py", engine: "radical", resource: "local.localhost", user: "ada", host: "login1",
          pid: 31_415, directory: "/scratch/ada/\(id)")),
      .sessionPhase(.running, reason: nil),
      .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 16, gpus: 2, nodes: 2, runtime: 900)))
    fixture.add("sim", count: 12)
    fixture.move(0..<8, .agentExecuting)
    fixture.wait(67)
    return fixture
  }

  /// The busy session on its way to its end.
  static func closing(isASCII: Bool = false, rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = busy(isASCII: isASCII, rows: rows, columns: columns)
    fixture.events(.sessionPhase(.closing, reason: "close"), .shutdownEntered(.drain, deadline: 10))
    fixture.events(.shutdownLeft(.drain, .finished, detail: "10 tasks taken back"))
    fixture.events(.shutdownEntered(.stopQueue, deadline: 10), .shutdownLeft(.stopQueue, .skipped, detail: nil))
    fixture.events(.shutdownEntered(.awaitTasks, deadline: 60))
    fixture.wait(60)
    fixture.events(
      .shutdownLeft(.awaitTasks, .timedOut, detail: "6 tasks run"), .shutdownEntered(.cancelTasks, deadline: 10))
    fixture.wait(9)
    fixture.settle()
    return fixture
  }

  static func closed(isASCII: Bool = false, rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = closing(isASCII: isASCII, rows: rows, columns: columns)
    fixture.move(5...10, .canceled, TaskResult(signal: 9))
    fixture.events(
      .sessionClosed(
        SessionSummary(
          session: "session.0042", tasks: [:], wall: 136, leftovers: ["process 4242: gmx mdrun"], exitCode: 4)))
    fixture.settle()
    return fixture
  }
}
