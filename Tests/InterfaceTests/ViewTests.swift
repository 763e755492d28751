import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct ViewTests {
  private func failing() -> Fixture {
    var fixture = Fixture.busy(rows: 30)
    fixture.move([5, 6], .failed, TaskResult(signal: 11, reason: "SIGSEGV: Segmentation fault"))
    return fixture
  }

  @Test func `three keys lead to what a failed task wrote`() {
    var fixture = failing()
    fixture.type("3")
    #expect(fixture.screen().text.contains("2 causes of 3 failures"))
    // The cause with the most tasks is the first.
    fixture.press(.enter, .down)
    let effects = fixture.press(.enter)
    #expect(fixture.state.detail?.task == TaskID(5))
    #expect(!effects.isEmpty)
    fixture.press(.escape)
    #expect(fixture.state.detail == nil)
    #expect(fixture.state.mainView == .failures)
  }

  @Test func `the cursor stays on its cause and its task when others fail`() {
    var fixture = failing()
    fixture.type("3")
    fixture.press(.down)
    fixture.move([7, 8, 9], .failed, TaskResult(exitCode: 9, reason: "exit 9: no room"))
    let marked = fixture.screen().styledText(in: .mono).split(separator: "\n").filter { $0.contains("reverse") }
    #expect(marked.count == 1 && marked[0].contains("water molecule"), "\(marked)")
  }

  @Test func `where no list of tasks is shown no key acts on a task`() {
    for view in ["3", "4", "5"] {
      var fixture = failing()
      fixture.type(view)
      for key: Character in ["c", " ", "*", "t", "s"] {
        fixture.press(.character(key))
        #expect(fixture.state.dialog == nil && fixture.state.marks.isEmpty, "\(view) \(key)")
      }
    }
  }

  @Test func `a cause is run again as a whole, after a question that names its tasks`() {
    var fixture = failing()
    fixture.type("3x")
    let text = fixture.screen().text
    #expect(text.contains("Run these 2 tasks again?") && text.contains("simulate.4"))
    let effects = fixture.press(.character("y"))
    #expect(effects == [.send(.rerun(TaskIDs([TaskID(5), TaskID(6)])), reason: nil)])
  }

  @Test func `the log shows warnings alone, and is searched from its end`() {
    var fixture = Fixture.busy(rows: 30)
    for number in 0..<50 { fixture.events(.log(number == 7 ? .warning : .info, "line \(number)")) }
    fixture.type("5l")
    let text = fixture.screen().text
    #expect(text.contains("line 7") && !text.contains("line 8"))
    fixture.type("l/line 1")
    fixture.press(.enter)
    #expect(fixture.screen().text.contains("line 19"))
    #expect(!fixture.screen().text.contains("line 20"))
    fixture.type("N")
    #expect(!fixture.screen().text.contains("line 19"))
    fixture.type("n")
    #expect(fixture.screen().text.contains("line 19"))
    fixture.press(.character("F"))
    #expect(fixture.screen().text.contains("line 49"))
  }

  @Test func `the log scrolls by what it shows`() {
    var fixture = Fixture.busy(rows: 24)
    for number in 0..<200 { fixture.events(.log(number % 10 == 0 ? .error : .info, "line \(number)")) }
    fixture.type("5l")
    fixture.press(.up)
    #expect(!fixture.screen().text.contains("line 190"))
    #expect(fixture.screen().text.contains("line 180"))
    fixture.press(.down)
    #expect(fixture.screen().text.contains("line 190"))
    #expect(fixture.state.logEnd == nil)
  }

  /// Recordings of earlier versions say there what the pilot has.
  @Test(arguments: [nil, "1 node, 16 cores"]) func `an active pilot shows its cores and its time`(detail: String?) {
    var fixture = Fixture.busy()
    fixture.events(
      .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 16, nodes: 1, runtime: 3600, detail: detail)))
    let line = fixture.screen().text(ofRow: 1)
    #expect(line.hasPrefix(" cores ") && line.contains("/16") && line.contains(" left"))
  }

  @Test func `what is wrong with an active pilot is said beside its cores`() {
    var fixture = Fixture.busy()
    let trouble = "Slurm does not answer since 12:00:07"
    fixture.events(
      .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 16, gpus: 2, runtime: 3600, detail: trouble)))
    for columns in 40...200 {
      fixture.state.size.columns = columns
      let line = fixture.screen().text(ofRow: 1)
      #expect(line.hasPrefix(" cores ") && line.contains("/16  gpus ") && line.contains("Slurm"), "\(line)")
      if columns >= 80 { #expect(line.contains(trouble)) }
    }
  }

  @Test func `Esc leads back to the overview, and a number leaves a task's page`() {
    var fixture = failing()
    fixture.type("4")
    #expect(fixture.screen().text.contains("pilot.0000  active (PMGR_ACTIVE)"))
    fixture.press(.escape)
    #expect(fixture.state.mainView == .overview)
    fixture.press(.enter, .enter)
    fixture.type("2")
    #expect(fixture.state.detail == nil && fixture.state.mainView == .tasks)
    #expect(!fixture.screen().text.contains("─ log ─"))
  }

  @Test func `what tasks use is asked for while somebody looks at them, and not of recordings`() {
    var fixture = failing()
    fixture.state.live = LiveUse()
    func asked(_ effects: [Effect]) -> [TaskID: Int32?]? {
      effects.compactMap { if case .measure(let tasks) = $0 { tasks } else { nil } }.first
    }
    let first = asked(fixture.state.update(.tick, at: fixture.now))
    #expect(first?.keys.sorted() == [7, 8, 9, 10].map { TaskID($0) })
    // One look at a time.
    #expect(asked(fixture.state.update(.tick, at: Fixture.at(fixture.seconds + 2))) == nil)
    func answer(_ processor: Double, _ seconds: Double) {
      let use = TaskUse(processor: processor, memory: 3 << 30, lastLine: "step 7", time: Fixture.at(seconds))
      _ = fixture.state.update(.use([TaskID(7): use]), at: Fixture.at(seconds))
    }
    answer(10, fixture.seconds + 2)
    #expect(fixture.state.use(of: TaskID(7))?.load == nil)
    fixture.wait(3)
    answer(13, fixture.seconds + 1)
    #expect(fixture.state.use(of: TaskID(7))?.load == 1.5)
    fixture.state.size = CellSize(rows: 30, columns: 140)
    fixture.type("2")
    let text = fixture.screen().text
    #expect(text.contains("150%") && text.contains("3.0 GiB") && text.contains("step 7"))
    // Not all of them were seen: no sum is said.
    #expect(!text.contains("mem "))
    fixture.move([7], .done)
    #expect(fixture.state.use(of: TaskID(7)) == nil)
    // Where nothing is to be seen, as of tasks on other machines, looks are rarer and rarer.
    var looks = 0
    for second in 10..<110 {
      guard asked(fixture.state.update(.tick, at: Fixture.at(fixture.seconds + Double(second)))) != nil else {
        continue
      }
      looks += 1
      _ = fixture.state.update(.use([:]), at: Fixture.at(fixture.seconds + Double(second)))
    }
    #expect((4...8).contains(looks), "\(looks)")
    var replay = Fixture.replay()
    #expect(asked(replay.state.update(.tick, at: replay.now)) == nil)
  }

  @Test func `commands are found by words, and ask as their keys do`() {
    var fixture = failing()
    fixture.type(":drain")
    #expect(fixture.screen().text.contains("refuse new work, finish what there is, end (asks)"))
    #expect(fixture.press(.enter) == [])
    #expect(fixture.state.dialog?.verb == .drain)
    #expect(fixture.press(.character("y")) == [.send(.drain, reason: nil)])
    fixture.type(":failures")
    fixture.press(.enter)
    #expect(fixture.state.mainView == .failures)
    fixture.type(":no such thing")
    #expect(fixture.press(.enter) == [])
    #expect(fixture.state.palette == nil)
    // What is pasted into it does nothing, and Esc nothing either.
    fixture.press(.character(":"), .paste("close"), .escape)
    #expect(fixture.state.palette == nil && fixture.state.dialog == nil)
    // A read-only screen finds nothing that changes the session.
    var watcher = Fixture.busy(isReadOnly: true, isOwned: false)
    watcher.type(":drain")
    #expect(!watcher.screen().text.contains("refuse new work"))
  }

  @Test func `another session is asked for without ending this one`() {
    var fixture = failing()
    #expect(fixture.press(.character("6")) == [.leave(.sessions)])
    var closed = Fixture.closed()
    closed.press(.tab)
    #expect(closed.press(.character("6")) == [])
  }
}

@Suite struct PaneTests {
  @Test(arguments: MainView.allCases, [(24, 80), (10, 40), (60, 200)])
  func `no key leads to a pane that is not there`(_ view: MainView, _ size: (rows: Int, columns: Int)) {
    var fixture = Fixture.busy(rows: size.rows, columns: size.columns)
    fixture.press(.character(Character(String(view.rawValue))))
    for _ in 0..<3 {
      let isNamed = fixture.screen().text(ofRow: size.rows - 1).contains("Tab")
      #expect(fixture.state.panes.contains(fixture.state.focus))
      #expect(!isNamed || fixture.state.panes.count > 1)
      fixture.press(.tab)
    }
  }

  @Test func `arrows go on in the failures after Tab`() {
    var fixture = Fixture.busy()
    fixture.move([7], .failed, TaskResult(exitCode: 9, reason: "another"))
    fixture.press(.character("3"), .tab, .down)
    #expect(fixture.state.failures.cursor != nil)
  }
}

@Suite struct NotRunTests {
  @Test(arguments: [(24, 80), (10, 40), (15, 50), (60, 200)])
  func `what a session leaves when it closes is not run, wherever that is said`(_ size: (rows: Int, columns: Int)) {
    for isFlat in [true, false] {
      var fixture = Fixture.closed(rows: size.rows, columns: size.columns)
      fixture.state.isFlat = isFlat
      fixture.press(.tab)
      for key in [InputEvent.home, .right, .enter, .end] {
        fixture.press(key)
        guard fixture.state.detail == nil else { break }
        let text = fixture.screen().text
        for word in ["waiting", "queued 1", "10 queued", " W ", " Q ", "W1", "Q1"] {
          #expect(!text.contains(word), "\(text)")
        }
        #expect(text.contains("not run") || text.contains("N29"), "\(text)")
      }
      fixture.state.detail = InterfaceState.Detail(TaskID(39))
      #expect(fixture.screen().text.contains("N not run (NEW)") || size.rows < 20)
    }
  }
}
