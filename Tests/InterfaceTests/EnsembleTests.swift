import SessionModel
import Terminal
import TestSupport
import Testing
import Work

@testable import Interface

@Suite struct EnsembleTests {
  private func rows(_ fixture: Fixture) -> [ListRow] {
    let table = fixture.state.snapshot.tasks
    return (0..<fixture.state.order.count(table)).compactMap { fixture.state.order.row(at: $0, table) }
  }

  @Test func `an ensemble is a row, and opens to what runs and failed and a line for the rest`() {
    var fixture = Fixture.ensembles()
    let (prepare, first, second, analysis) = (TaskID(0), TaskID(1), TaskID(41), TaskID(81))
    #expect(rows(fixture) == [.ensemble(second), .task(analysis), .ensemble(first), .task(prepare)])
    #expect(fixture.state.currentTask == nil)
    fixture.press(.enter)
    #expect(fixture.screen().text.contains("34 more: 1 running, 14 queued, 16 waiting, 1 canceled, 2 done"))
    let open = rows(fixture)
    #expect(open.contains(.task(TaskID(43))), "it failed")
    #expect(open[7] == .more(second))
    fixture.press(.enter)
    #expect(rows(fixture).count == 4)
    fixture.press(.right, .character("j"), .left)
    #expect(rows(fixture).count == 4)
    #expect(fixture.state.cursor == .ensemble(second))
  }

  /// Of a directory that another session has taken over the screen shows that one.
  @Test func `a key acts on the row that is shown, also where the number was an ensemble's before`() {
    var fixture = Fixture(isFlat: false)
    fixture.open()
    fixture.add("old", count: 9)
    fixture.add("older", count: 3)
    fixture.press(.down, .up)
    #expect(fixture.state.currentRow == .ensemble(TaskID(0)))
    var other = Fixture(isFlat: false)
    other.open()
    other.add("new")
    other.add("newer", count: 12)
    for (cursor, row) in [(0, ListRow.task(TaskID(0))), (9, .task(TaskID(0)))] {
      fixture.state.cursor = .ensemble(TaskID(cursor))
      _ = fixture.state.update(.session(.snapshot(other.state.snapshot)), at: fixture.now)
      #expect(fixture.state.currentRow.map { rows(fixture).contains($0) } ?? true)
      fixture.settle()
      #expect(fixture.state.currentRow == row)
    }
  }

  @Test func `the line for the rest opens to all members`() {
    var fixture = Fixture.ensembles()
    fixture.press(.enter)
    for _ in 0..<7 { fixture.press(.down) }
    #expect(fixture.state.cursor == .more(TaskID(41)))
    fixture.press(.enter)
    #expect(rows(fixture).count == 44)
    #expect(fixture.state.currentTask != nil)
    #expect(Set(rows(fixture).compactMap(\.task)).isSuperset(of: (41...80).map { TaskID($0) }))
  }

  @Test func `the only item of a workflow is open from the beginning`() {
    var fixture = Fixture(isFlat: false)
    fixture.open()
    fixture.add("sim", count: 1000)
    fixture.settle()
    #expect(rows(fixture).first == .ensemble(TaskID(0)))
    #expect(rows(fixture).last == .more(TaskID(0)))
    fixture.press(.enter)
    #expect(rows(fixture) == [.ensemble(TaskID(0))])
  }

  @Test func `what is open, marked and under the cursor survives news and stays where it is on the screen`() {
    var numbers = SeededNumbers(3)
    var fixture = Fixture.ensembles(rows: 40)
    fixture.press(.enter, .down, .down, .character(" "))
    guard let cursor = fixture.state.cursor else {
      Issue.record("no cursor")
      return
    }
    let marked = fixture.state.marks
    for _ in 0..<300 {
      let line = fixture.state.cursorRow - fixture.state.listTop
      let id = TaskID(Int.random(in: 41...80, using: &numbers))
      let next = TaskState.allCases[Int.random(in: 0..<18, using: &numbers)]
      fixture.move([id.index], next)
      fixture.settle()
      #expect(fixture.state.cursor == cursor, "the task keeps its row whatever became of it")
      #expect(fixture.state.visible.contains(cursor))
      #expect(fixture.state.marks == marked)
      // Where the list is as long as the window, nothing can keep its line.
      if fixture.state.listTop > 0 { #expect(fixture.state.cursorRow - fixture.state.listTop == line) }
    }
  }

  @Test func `every row is found where it stands, whatever is open`() {
    var numbers = SeededNumbers(8)
    var fixture = Fixture(isFlat: false, rows: 30)
    fixture.open()
    for index in 0..<40 {
      fixture.add("item\(index)", count: index % 3 == 0 ? nil : Int.random(in: 1...30, using: &numbers))
    }
    let keys: [InputEvent] = [
      .enter, .right, .left, .down, .up, .pageDown, .pageUp, .end, .home, .character("t"), .character(" "),
      .character("f"), .character(">"), .character("<"), .character("I"),
    ]
    for step in 0..<250 {
      let id = Int.random(in: 0..<fixture.state.snapshot.tasks.count, using: &numbers)
      fixture.move([id], TaskState.allCases[Int.random(in: 0..<18, using: &numbers)])
      fixture.press(keys[Int.random(in: 0..<keys.count, using: &numbers)])
      if fixture.state.detail != nil { fixture.press(.escape) }
      let table = fixture.state.snapshot.tasks
      let rows = rows(fixture)
      #expect(rows.count == fixture.state.order.count(table), "step \(step)")
      #expect(Set(rows).count == rows.count, "none twice, step \(step)")
      for (number, row) in rows.enumerated() where fixture.state.order.number(of: row, table) != number {
        Issue.record("\(row) stands at \(number), and is found at \(fixture.state.order.number(of: row, table) ?? -1)")
      }
      let members = rows.reduce(0) { sum, row in
        switch row {
        case .task: sum + 1
        case .more(let first): sum + (fixture.state.order.opening(of: first)?.rest.reduce(0) { $0 + $1.count } ?? 0)
        case .ensemble(let first):
          sum + (fixture.state.order.opening(of: first) == nil ? table.ensemble(of: first)?.count ?? 0 : 0)
        }
      }
      #expect(members == table.count, "no task is lost, step \(step)")
    }
  }

  @Test func `Space marks what can be canceled: a task, or the members of an ensemble that have not ended`() {
    var fixture = Fixture.ensembles()
    fixture.press(.character(" "))
    #expect(fixture.state.marks.count == 36)
    #expect(fixture.screen().text.contains("36 marked"))
    fixture.press(.home, .character(" "))
    #expect(fixture.state.marks.isEmpty)
    fixture.press(.end, .character(" "))
    #expect(fixture.state.marks.isEmpty, "it is done")
    #expect(fixture.state.notice?.text.contains("has ended") == true)
    fixture.press(.character("*"))
    #expect(fixture.state.marks.count == 37)
    fixture.press(.character("U"), .home, .character("c"))
    #expect(fixture.state.dialog?.targets.count == 36, "of the ensemble under the cursor")
    let effects = fixture.press(.character("y"))
    #expect(effects == [.send(.cancel(TaskIDs(ranges: [44..<80])), reason: nil)])
  }

  @Test func `three marked tasks are canceled`() {
    var fixture = Fixture.ensembles()
    fixture.press(.enter, .down, .character(" "), .character(" "), .character(" "), .character("c"))
    #expect(fixture.state.dialog?.targets == [TaskID(44), TaskID(45), TaskID(46)])
    #expect(fixture.press(.character("y")) == [.send(.cancel(TaskIDs(ranges: [44..<47])), reason: nil)])
  }

  @Test func `f finds what failed in closed ensembles, too, one after the other`() {
    var fixture = Fixture.ensembles()
    fixture.press(.character("f"))
    #expect(fixture.state.currentTask == TaskID(43))
    fixture.press(.character("f"))
    #expect(fixture.state.currentTask == TaskID(40))
    fixture.press(.character("f"))
    #expect(fixture.state.currentTask == TaskID(43))
  }

  @Test func `a filter shows tasks one by one, and * marks them`() {
    var fixture = Fixture.ensembles()
    fixture.type("/production-run state:running,queued")
    fixture.press(.enter)
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 20)
    fixture.press(.character("*"))
    #expect(fixture.state.marks.count == 20)
    fixture.press(.escape)
    #expect(fixture.state.order.isGrouped)
    #expect(fixture.state.marks.count == 20)
  }

  @Test func `a word that the filter does not know is spoken of while it is typed`() {
    var fixture = Fixture.ensembles()
    fixture.type("/stat:failed")
    #expect(fixture.screen().text.contains("stat: is no field (state: is)"))
  }
}

@Suite struct SortTests {
  private func tasks(_ fixture: Fixture) -> [Int] {
    let table = fixture.state.snapshot.tasks
    return (0..<fixture.state.order.count(table)).compactMap { fixture.state.order.task(atRow: $0, table)?.index }
  }

  private func measured() -> Fixture {
    var fixture = Fixture()
    fixture.open()
    for (number, name) in ["b", "a", "d", "c"].enumerated() { fixture.add(name, argv: ["\(number)"]) }
    fixture.move(0...3, .agentExecuting)
    for (number, seconds) in [3.0, 1, 1, 0.5].enumerated() {
      fixture.wait(seconds)
      fixture.move([number], .done, TaskResult(exitCode: Int32(number % 2), peakMemory: 1000 - number))
    }
    fixture.add("last")
    fixture.settle()
    return fixture
  }

  @Test func `a list is in order of the column that was chosen, and the other way round`() {
    var fixture = measured()
    #expect(tasks(fixture) == [4, 0, 1, 2, 3])
    fixture.press(.character("s"), .home, .enter)
    #expect(fixture.state.sort.column == .name)
    #expect(tasks(fixture) == [1, 0, 3, 2, 4])
    #expect(fixture.screen().text.contains("NAME▲"))
    fixture.press(.character("I"))
    #expect(tasks(fixture) == [4, 2, 3, 0, 1])
    for (column, order) in [(ListColumn.time, [3, 2, 1, 0, 4]), (.memory, [0, 1, 2, 3, 4]), (.uid, [0, 1, 2, 3, 4])] {
      fixture.press(.character("s"), .home)
      for _ in 0..<(ListMenu(kind: .sort).entries.firstIndex(of: column) ?? 0) { fixture.press(.down) }
      fixture.press(.enter)
      #expect(tasks(fixture) == order, "\(column)")
    }
  }

  @Test func `arrows go from column to column`() {
    var fixture = measured()
    fixture.press(.character(">"))
    #expect(fixture.state.sort == TaskSort(column: .uid))
    fixture.press(.character("<"), .character("<"))
    #expect(fixture.state.sort.column == .name)
    fixture.press(.character("<"))
    #expect(fixture.state.sort.column == .name)
  }

  @Test func `the order follows what happens, a second later`() {
    var fixture = measured()
    fixture.press(.character("s"), .character("j"), .enter)
    fixture.press(.character("s"), .home, .enter)
    fixture.add("aa")
    fixture.wait(2)
    fixture.settle()
    #expect(tasks(fixture) == [1, 5, 0, 3, 2, 4])
  }

  @Test func `many tasks are put in order in steps, and the list is there meanwhile`() {
    var fixture = Fixture()
    fixture.open()
    fixture.add("member", count: 300_000)
    fixture.settle()
    fixture.state.sort = TaskSort(column: .uid, isDescending: true)
    var steps = 0
    repeat {
      fixture.settle()
      #expect(fixture.screen().text.contains("member."))
      steps += 1
    } while fixture.state.isSearching && steps < 100
    #expect(steps > 1)
    #expect(fixture.state.order.task(atRow: 0, fixture.state.snapshot.tasks) == TaskID(299_999))
  }

  @Test func `columns are chosen, and a name has room before a uid`() {
    var fixture = Fixture.ensembles()
    fixture.press(.character(","))
    #expect(fixture.screen().text.contains("columns"))
    fixture.press(.home, .character(" "), .escape)
    #expect(!fixture.state.listColumns.widths.contains { $0.column == .state })
    let narrow = ListColumns(width: 60, names: 30, chosen: nil, isGrouped: false)
    #expect(narrow.width(of: .uid) == nil)
    #expect(narrow.width(of: .name) ?? 0 >= 24)
    for width in 8...300 {
      for names in [1, 10, 40, 200] {
        for chosen in [nil, Set(ListColumn.allCases), [.name], [.name, .command]] {
          let columns = ListColumns(width: width, names: names, chosen: chosen, isGrouped: width % 2 == 0)
          let total = columns.widths.reduce(-1) { $0 + $1.width + 1 }
          #expect(
            total <= max(width, 8) && columns.width(of: .name) ?? 0 >= min(8, width), "\(width) \(columns.widths)")
        }
      }
    }
  }
}
