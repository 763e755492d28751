import Glibc
import SessionModel
import Terminal
import TestSupport
import Testing
import Work

@testable import Interface

/// Random keys at random sessions, with news of any kind between them. What is always true is looked at after each.
@Suite struct RandomScreenTests {
  /// How many there are; `SCALEMS_KEYS` says another number. The usual one takes a few seconds.
  private static let keys = getenv("SCALEMS_KEYS").flatMap { Int(String(cString: $0)) } ?? 4_000
  private static let seed = getenv("SCALEMS_SEED").flatMap { UInt64(String(cString: $0)) } ?? 29

  @Test func `no key and no news traps, sends what was not asked and seen, or moves the cursor and the marks`() {
    var left = Self.keys
    var sent = 0
    var session = 0
    while left > 0 {
      session += 1
      var screen = RandomScreen(seed: Self.seed &+ UInt64(session))
      let keys = min(left, 250)
      screen.run(keys: keys)
      left -= keys
      sent += screen.sent
      for fault in screen.faults.prefix(3) {
        Issue.record("session \(session), seed \(Self.seed): \(fault)")
      }
      if !screen.faults.isEmpty { return }
    }
    #expect(sent > 0, "the test reaches what it is about")
  }
}

/// A screen of a session that somebody made up, and who looks whether it does what it may.
private struct RandomScreen {
  private enum Kind: CaseIterable { case owned, attached, readOnly, replay, program }

  private(set) var faults: [String] = []
  private(set) var sent = 0
  private var numbers: SeededNumbers
  private let kind: Kind
  private var state: InterfaceState
  private var seconds = 0.0
  private var commands = 0
  /// What was asked, as the last frame showed it, and that frame.
  private var asked: Dialog?
  private var frame = CellGrid(size: CellSize(rows: 0, columns: 0))
  private let output: FakeOutput
  private var trace: [String] = []

  init(seed: UInt64) {
    var numbers = SeededNumbers(seed)
    kind = Kind.allCases.randomElement(using: &numbers) ?? .owned
    state = InterfaceState(
      isReadOnly: kind == .readOnly, isOwned: kind == .owned, isASCII: Bool.random(using: &numbers),
      keeper: kind == .program ? .program : .host, program: kind == .program ? "a.py" : nil, hasMouse: true,
      now: Fixture.start)
    output = FakeOutput(lines: (0..<Int.random(in: 0...80, using: &numbers)).map { "step \($0)" })
    self.numbers = numbers
  }

  private var now: Timestamp { Fixture.at(seconds) }

  private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &numbers) == 0 }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &numbers) }

  private mutating func fault(_ text: String) {
    faults.append("\(text)\n  after \(trace.suffix(25).joined(separator: " "))\n\(state.view().text)")
  }

  // MARK: What happens

  mutating func run(keys: Int) {
    open()
    showFrame()
    var left = keys
    while left > 0, faults.isEmpty {
      seconds += [0.0005, 0.03, 0.2, 1.1].randomElement(using: &numbers) ?? 0
      switch number(0...19) {
      case 0...12:
        let count = min(left, chance(6) ? number(2...12) : 1)
        left -= count
        press((0..<count).map { _ in key() })
      case 13...17: hear()
      case 18: take(.tick, "tick")
      default: change()
      }
      if !chance(5) { showFrame() }
    }
  }

  private mutating func open() {
    if kind == .replay {
      take(.session(.timeline(Timeline(start: now, end: Fixture.at(900), position: now))), "timeline")
    }
    guard !chance(20) else { return }
    let info = SessionInfo(
      id: "session.0042", name: "water-box", engine: "local", resource: "local.localhost", user: "ada", host: "login1",
      pid: 4711, directory: "/home/ada/s")
    events([
      .sessionOpened(info),
      .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 16, gpus: number(0...2), runtime: 3600)),
      .sessionPhase(.running, reason: nil),
    ])
    if chance(2) {
      events([.raptor(RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 8, hello: "scalems 1.0"))])
    }
    for _ in 0..<number(0...4) { addTasks() }
  }

  private mutating func addTasks() {
    let names = ["prepare", "simulate", "höhe-解析", "equilibrate", "a", "an-item-of-a-workflow-whose-name-is-long"]
    var description = TaskDescription(
      name: "\(names.randomElement(using: &numbers) ?? "")-\(state.snapshot.tasks.itemCount)", argv: ["true"],
      raptor: chance(3))
    description.resources.coresPerRank = number(1...4)
    let count = [0, 0, 2, 7, 40, 300].randomElement(using: &numbers) ?? 0
    events([
      .tasksAdded(
        TaskBatch(
          first: TaskID(state.snapshot.tasks.count), description: description,
          members: count == 0 ? .single : .ensemble(first: number(0...3), count: count)))
    ])
  }

  private mutating func hear() {
    switch number(0...19) {
    case 0: addTasks()
    case 1: events([.log([.info, .warning, .error].randomElement(using: &numbers) ?? .info, "something was said")])
    case 2: events((0..<700).map { .log(.warning, "line \($0)") })
    case 3:
      let phases: [SessionPhase] = [.running, .running, .draining, .stopping, .closing]
      events([.sessionPhase(phases.randomElement(using: &numbers) ?? .running, reason: chance(2) ? "why" : nil)])
    case 4:
      events([
        .shutdownEntered(ShutdownPhase.allCases.randomElement(using: &numbers) ?? .drain, deadline: 10),
        .shutdownLeft(ShutdownPhase.allCases.randomElement(using: &numbers) ?? .drain, .timedOut, detail: "7 run"),
      ])
    case 5 where chance(6):
      events([.sessionClosed(SessionSummary(session: "session.0042", tasks: [:], wall: 1, exitCode: 1))])
    case 6 where chance(6): open()
    case 7 where kind == .replay:
      // Another point of a recording.
      take(.session(.snapshot(chance(2) ? SessionSnapshot() : state.snapshot)), "snapshot")
      if state.snapshot.tasks.count == 0 { open() }
    case 8:
      let seen = state.snapshot.tasks.ids(in: .running).ids.prefix(5).map {
        ($0, TaskUse(processor: seconds, memory: number(0...9_999_999), lastLine: "step 7", time: now))
      }
      take(.use(Dictionary(uniqueKeysWithValues: seen)), "use")
    default: moveTasks()
    }
  }

  private mutating func moveTasks() {
    let count = state.snapshot.tasks.count
    guard count > 0 else { return }
    let first = number(0...count - 1)
    let states: [TaskState] = [
      .agentSchedulingPending, .agentExecuting, .agentExecuting, .done, .failed, .canceled, .new,
    ]
    let to = states.randomElement(using: &numbers) ?? .done
    let reasons = ["SIGSEGV", "cannot open topol.tpr", "exit 2"]
    var result: TaskResult?
    switch to {
    case .failed: result = TaskResult(exitCode: 1, reason: reasons.randomElement(using: &numbers))
    case .canceled: result = TaskResult(signal: 15, reason: "an item is FAILED")
    case .agentExecuting: result = TaskResult(attempt: number(1...3), pid: 4712)
    case .done: result = TaskResult(exitCode: 0, wall: 2)
    case .new: result = TaskResult(attempt: 2, reason: "runs again")
    default: break
    }
    events((first...min(count - 1, first + number(0...20))).map { .task(TaskID($0), to, result) })
  }

  /// Something other than keys and news.
  private mutating func change() {
    switch number(0...3) {
    case 0: state.size = CellSize(rows: number(1...60), columns: number(1...200))
    case 1: state.size = CellSize(rows: 24, columns: 80)
    case 2:
      let hosts: [LinkStatus.Host] = [
        .alive, .alive, .silent(since: now), .gone(since: now), .unseen, .elsewhere(asOf: now),
      ]
      take(
        .session(.link(LinkStatus(way: .files(delay: 1), host: hosts.randomElement(using: &numbers) ?? .alive))), "link"
      )
    default: take(.session(.refused("cancel: no")), "refused")
    }
  }

  private mutating func events(_ kinds: [SessionEvent.Kind]) {
    let time = now
    take(
      .session(.events(kinds.map { SessionEvent(time: time, source: .executor, $0) })),
      kinds.first.map { "(\("\($0)".prefix(40)) ×\(kinds.count))" } ?? "()")
  }

  /// News, after which the marks are as they were.
  private mutating func take(_ message: Message, _ name: String) {
    trace.append(name)
    let marks = state.marks
    perform(state.update(message, at: now))
    if marks != state.marks { fault("news changed the marks") }
  }

  // MARK: Keys

  private static let all: [InputEvent] =
    [
      .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .insert, .delete, .tab, .backTab, .enter, .escape,
      .backspace, .function(1), .function(10), .unknown, .paste("y\ny\n"), .paste("close\n"), .alt("y"), .control("m"),
    ] + " !\"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~é解".map { .character($0) }
    + "abcdefghijklmnopqrstuvwxyz".map { .control($0) }
  /// Those that lead further, and answers.
  private static let likely: [InputEvent] =
    "jjjjkkgG  *U/tfsI<>,?:123456XDSRcxryYn\\ls".map { .character($0) }
    + [.enter, .enter, .enter, .escape, .escape, .down, .right, .right, .left, .tab, .pageDown, .end, .home]

  private mutating func key() -> InputEvent {
    // Words that a person types where some are asked for.
    if state.dialog?.word != nil, !(state.dialog?.isTyping ?? false), chance(2) {
      return Array("close".map { InputEvent.character($0) } + [.enter])[(state.dialog?.typed.text.count ?? 0) % 6]
    }
    if chance(15) {
      let kind: MouseEvent.Kind = [.click, .click, .wheelUp, .wheelDown].randomElement(using: &numbers) ?? .click
      return .mouse(
        MouseEvent(kind, row: number(0...max(0, state.size.rows)), column: number(0...max(0, state.size.columns))))
    }
    return (chance(4) ? Self.all : Self.likely).randomElement(using: &numbers) ?? .enter
  }

  private static let marking: Set<InputEvent> = [.character(" "), .character("*"), .character("U"), .enter]
  /// Keys that a person presses to see something else, or in another order, with the cursor where it is.
  private static let rearranging: Set<InputEvent> = [
    .character("<"), .character(">"), .character("I"), .character(","), .character("s"), .character("?"),
    .character("F"), .character("t"), .character("n"), .character("2"), .character("1"), .function(1),
  ]

  private mutating func press(_ keys: [InputEvent]) {
    trace.append(keys.map { "\($0)".replacing("character", with: "") }.joined(separator: "+"))
    let (marks, cursor, wasAsked) = (state.marks, state.cursor, state.dialog)
    let row = state.currentRow
    let opening = row.flatMap { row in if case .more(let first) = row { state.order.opening(of: first) } else { nil } }
    let table = state.snapshot.tasks
    let before = sent
    perform(state.update(.burst(keys, continues: false), at: now))
    // A click on a key of the last line presses it.
    let hasClick = keys.contains { if case .mouse = $0 { true } else { false } }
    if marks != state.marks, sent == before, !hasClick, Set(keys).isDisjoint(with: Self.marking) {
      fault("\(keys) changed the marks")
    }
    if sent > before, !hasClick, Set(keys).isDisjoint(with: Self.marking.subtracting([.enter])),
      !state.marks.subtracting(marks).isEmpty
    {
      fault("a command marked something")
    }
    if keys.count == 1, Self.rearranging.contains(keys[0]), let cursor, state.order.number(of: cursor, table) != nil,
      state.cursor != cursor
    {
      fault("\(keys[0]) moved the cursor from \(cursor) to \(String(describing: state.cursor))")
    }
    // The row for the rest stands for the rest.
    if keys.count == 1, wasAsked == nil, let dialog = state.dialog, dialog.verb == .cancel, marks.isEmpty,
      state.detail == nil, let opening,
      let shown = dialog.targets.ids.first(where: { opening.index(of: $0, table) != nil })
    {
      fault("cancel of what is summed up in a row would cancel \(shown), which has one")
    }
  }

  // MARK: What is asked of the world, and shown

  private mutating func perform(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .send(let command, _): look(at: command)
      case .read(let request):
        guard !chance(4) else { break }
        // As the reader would, later.
        perform(state.update(.output(request.output, output.answer(request)), at: now))
      default: break
      }
    }
  }

  private mutating func look(at command: OperatorCommand) {
    sent += 1
    if kind == .readOnly || kind == .replay { return fault("\(command) was sent by a screen that only shows") }
    guard command != .resume else { return }
    guard let asked, asked.verb == command.verb else { return fault("\(command) was sent, and nobody was asked") }
    let text = frame.text
    if !(text.contains("[ No ]") || text.contains("Reason") || text.contains("Type close")) {
      fault("\(command) was sent, and the question was not on the screen:\n\(text)")
    }
    if command.verb == .close, asked.word == nil, !asked.isHurry, state.snapshot.tasks.count(in: .running) > 0,
      state.snapshot.phase == .running, asked.targets.isEmpty == false
    {
      fault("a session with running tasks was closed by a key")
    }
    let tasks = IDSet(command.tasks.ranges.flatMap { $0.map { TaskID($0) } })
    if !tasks.subtracting(asked.targets).isEmpty { fault("\(command) is about tasks that were not asked about") }
    commands += 1
    if chance(2) {
      let record = CommandRecord(
        id: commands, verb: command.verb, tasks: command.tasks, sender: "ada",
        stage: chance(2) ? .requested : .finished(.done("ok")))
      events([.command(record)])
    }
  }

  /// Makes a frame; draws it where it is looked at.
  private mutating func showFrame() {
    let (cursor, marks, row) = (state.cursor, state.marks, state.cursorRow - state.listTop)
    perform(state.settle(size: state.size, at: now))
    if marks != state.marks { fault("a frame changed the marks") }
    let table = state.snapshot.tasks
    if let cursor, state.order.number(of: cursor, table) != nil, state.cursor != cursor {
      fault("a frame moved the cursor from \(cursor), which is there, to \(String(describing: state.cursor))")
    }
    if cursor == nil, state.cursor != nil { fault("a frame chose a row") }
    if state.layout.tasks != nil, state.order.count(table) > 0 {
      let line = state.cursorRow - state.listTop
      if !state.visible.indices.contains(line) {
        fault("the cursor is not in the window, at line \(line) of \(state.visible.count)")
      } else if state.visible[line] != state.currentRow {
        fault("\(state.visible[line]) is under the cursor, and a key acts on \(String(describing: state.currentRow))")
      }
      if state.visible.count > state.listPage { fault("more rows than there is room for, from \(row)") }
    }
    if let dialog = state.dialog, dialog.verb == .cancel, !dialog.targets.ids.allSatisfy(table.contains) {
      fault("a question about tasks that are not there")
    }
    let isAsking = state.dialog != nil || state.leaving != nil || asked != nil
    asked = state.dialog
    if isAsking || chance(12) { frame = state.view() }
  }
}
