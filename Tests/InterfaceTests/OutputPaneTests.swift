import SessionModel
import Terminal
import TestSupport
import Testing
import Words
import Work

@testable import Interface

/// A pane, its reader, and requests that are under way.
private struct Reading {
  var pane = OutputPane(OutputID(TaskID(1), .stdout))
  var output: FakeOutput
  var open: [OutputRequest] = []
  var seconds = 0.0

  var now: Timestamp { Fixture.at(seconds) }

  init(lines: [String], rows: Int = 10, columns: Int = 40) {
    output = FakeOutput(lines: lines)
    open += pane.fit(rows: rows, columns: columns, at: now)
    open += pane.refresh(at: now)
    answerAll()
  }

  mutating func answer() -> OutputPane.News? {
    guard !open.isEmpty else { return nil }
    let request = open.removeFirst()
    let (requests, news) = pane.take(output.answer(request), at: now)
    open += requests
    return news
  }

  @discardableResult
  mutating func answerAll() -> [OutputPane.News] {
    var news: [OutputPane.News] = []
    while !open.isEmpty { if let new = answer() { news.append(new) } }
    return news
  }

  mutating func scroll(_ rows: Int) {
    open += pane.scroll(by: rows, at: now)
    answerAll()
  }

  var texts: [String] { pane.rows.map { String($0.text) } }
  func right(_ form: Int = 0) -> String {
    let forms = pane.position(at: now, hint: ", F follows")
    return forms.isEmpty ? "" : forms[min(form, forms.count - 1)].map(\.text).joined()
  }
}

private func numbered(_ count: Int) -> [String] { (1...count).map { "line \($0)" } }

@Suite struct OutputPaneTests {
  @Test func `every line of a long output can be seen`() {
    var reading = Reading(lines: numbered(5000))
    #expect(reading.texts.last == "line 5000" && reading.pane.isFollowing)
    #expect(reading.right() == "lines 4,991-5,000 of 5,000, \(Format.bytes(48_893))")
    var seen: Set<String> = Set(reading.texts)
    for _ in 0..<600 {
      reading.scroll(-9)
      seen.formUnion(reading.texts)
    }
    #expect(seen.count == 5000 && reading.texts.first == "line 1")
    #expect(reading.right(1) == "lines 1-10 of 5,000, F follows")
    reading.open += reading.pane.goToEnd(at: reading.now)
    reading.answerAll()
    #expect(reading.texts.last == "line 5000" && reading.pane.isFollowing)
    reading.open += reading.pane.goToStart(at: reading.now)
    reading.answerAll()
    #expect(reading.texts == (1...10).map { "line \($0)" })
    for _ in 0..<600 { reading.scroll(9) }
    #expect(reading.texts.last == "line 5000" && reading.pane.isFollowing, "the end was reached: it is followed")
  }

  @Test func `what is looked at stays where it is while more comes`() {
    var reading = Reading(lines: numbered(3000))
    reading.scroll(-100)
    let before = reading.texts
    for count in [3001, 4000, 20_000] {
      reading.output.lines = numbered(count)
      reading.open += reading.pane.refresh(at: reading.now)
      reading.answerAll()
      #expect(reading.texts == before)
      #expect(reading.right(2) == "lines 2,891-2,900 of \(Format.count(count))")
    }
    var following = Reading(lines: numbered(3000))
    following.output.lines = numbered(3500)
    following.open += following.pane.refresh(at: following.now)
    following.answerAll()
    #expect(following.texts.last == "line 3500")
  }

  /// Keys in any order, with answers that take their time, against a list of rows.
  @Test func `whatever is pressed, what is seen is a window of the output`() {
    var numbers = SeededNumbers(9)
    for _ in 0..<60 {
      let lines = (0..<Int.random(in: 1...400, using: &numbers)).map {
        "\($0):"
          + String(
            repeating: ["x", "解", "é"].randomElement(using: &numbers) ?? "",
            count: Int.random(in: 0...70, using: &numbers))
      }
      var reading = Reading(lines: lines, rows: Int.random(in: 1...12, using: &numbers), columns: 20)
      var isWrapped = false
      for _ in 0..<60 {
        let time = reading.now
        switch Int.random(in: 0...7, using: &numbers) {
        case 0: reading.open += reading.pane.scroll(by: 1, at: time)
        case 1: reading.open += reading.pane.scroll(by: -1, at: time)
        case 2: reading.open += reading.pane.scroll(by: Int.random(in: -60...60, using: &numbers), at: time)
        case 3: reading.open += reading.pane.goToStart(at: time)
        case 4: reading.open += reading.pane.goToEnd(at: time)
        case 5:
          isWrapped.toggle()
          reading.open += reading.pane.toggleWrap(at: time)
        case 6: reading.open += reading.pane.refresh(at: time)
        default: reading.open += reading.pane.search("7:", at: time)
        }
        if Bool.random(using: &numbers) { _ = reading.answer() }
        isWrapped = reading.pane.isWrapped
        let all = lines.flatMap { isWrapped ? Columns.pieces($0, width: 20).map(String.init) : [$0] }
        let texts = reading.texts
        let height = min(reading.pane.size.rows, all.count)
        let windows = (0...(all.count - min(texts.count, all.count))).filter { all[$0] == texts.first }
        #expect(texts.count <= reading.pane.size.rows)
        #expect(windows.contains { Array(all[$0..<($0 + texts.count)]) == texts }, "\(texts)")
        reading.answerAll()
        #expect(reading.texts.count == height, "a full pane: \(reading.texts)")
        #expect(reading.pane.waitsSince == nil)
      }
    }
  }

  @Test func `a search shows what it finds, on and back, and says when it went around`() {
    var reading = Reading(lines: numbered(5000) + ["the Error is here"] + numbered(3000))
    func search(_ text: String) -> [OutputPane.News] {
      reading.open += reading.pane.search(text, at: reading.now)
      return reading.answerAll()
    }
    func next(_ isBackward: Bool = false) -> [OutputPane.News] {
      reading.open += reading.pane.searchNext(isBackward: isBackward, at: reading.now)
      return reading.answerAll()
    }
    #expect(search("error") == [.init(text: "the search went on from the other end")])
    #expect(reading.texts.contains("the Error is here") && !reading.pane.isFollowing)
    #expect(next() == [.init(text: "the search went on from the other end")], "the only one")
    #expect(search("nothing like it") == [.init(text: "nothing matches \"nothing like it\"", isWarning: true)])
    #expect(reading.texts.contains("the Error is here"), "nothing moves")
    reading.open += reading.pane.goToStart(at: reading.now)
    reading.answerAll()
    #expect(search("line 299") == [] && reading.texts.contains("line 299"))
    #expect(next() == [] && reading.texts.contains("line 2990"))
    #expect(next(true) == [] && reading.texts.contains("line 299"))
    #expect(next(true) != [] && reading.texts.contains("line 2999"))
    #expect(search("") == [] && reading.pane.needle == nil)
  }

  @Test func `what is found beyond the right edge is seen`() {
    var reading = Reading(lines: numbered(50) + [String(repeating: "x", count: 500) + "needle"] + numbered(50))
    reading.open += reading.pane.search("needle", at: reading.now)
    reading.answerAll()
    #expect(reading.texts.contains { $0.contains("needle") } && reading.pane.column > 400)
  }

  @Test func `a search is stopped by Esc, and by going elsewhere`() {
    var reading = Reading(lines: numbered(5000))
    let request = reading.pane.search("line 1", at: reading.now)[0]
    _ = reading.pane.take(OutputAnswer(number: request.number, .searching(0.345)), at: reading.now)
    #expect(reading.right() == "searching, 34%, Esc stops")
    reading.open += reading.pane.stopSearch(at: reading.now) ?? []
    #expect(reading.open.count == 1)
    let late = reading.pane.take(OutputAnswer(number: request.number, .notFound), at: reading.now)
    #expect(late.requests.isEmpty && late.news == nil)
    reading.answerAll()
    #expect(reading.pane.stopSearch(at: reading.now) == nil && reading.pane.searched == nil)
    _ = reading.pane.searchNext(isBackward: false, at: reading.now)
    reading.open = reading.pane.goToStart(at: reading.now)
    reading.answerAll()
    #expect(reading.texts.first == "line 1" && reading.pane.searched == nil)
  }

  @Test func `another file in its place is said to who was reading, and its end shown`() {
    var reading = Reading(lines: numbered(1000))
    reading.scroll(-100)
    reading.output = FakeOutput(lines: ["attempt 2"], generation: 2)
    reading.open += reading.pane.refresh(at: reading.now)
    #expect(reading.answerAll().map(\.text) == ["the output was begun anew: this is its end"])
    #expect(reading.texts == ["attempt 2"])
    reading.output = FakeOutput(lines: ["attempt 3"], generation: 3)
    reading.open += reading.pane.refresh(at: reading.now)
    #expect(reading.answerAll() == [], "who follows the end sees it")
  }

  @Test func `a reader that does not answer is spoken of, in the pane or beside what is known`() {
    var pane = OutputPane(OutputID(TaskID(0), .stdout))
    _ = pane.refresh(at: Fixture.at(0))
    func text(_ seconds: Double, _ pane: OutputPane) -> String {
      var grid = CellGrid(size: CellSize(rows: 5, columns: 50))
      pane.draw(&grid, Rect(row: 0, column: 0, height: 5, width: 50), at: Fixture.at(seconds), glyphs: .unicode)
      return grid.text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    }
    #expect(text(1, pane) == "reading …")
    #expect(text(12, pane) == "the output has not answered for 12 s: its file system may hang")
    _ = pane.refresh(at: Fixture.at(13))
    #expect(text(14, pane).contains("14 s"), "since the first question")
    var known = Reading(lines: numbered(100))
    _ = known.pane.refresh(at: known.now)
    known.seconds = 75
    #expect(known.right() == "no answer for 1 min: its file system may hang" && known.texts.last == "line 100")
  }

  @Test func `an answer to an earlier question is not taken for that to a later one`() {
    var reading = Reading(lines: numbered(5000))
    let refresh = reading.pane.refresh(at: reading.now)
    #expect(reading.pane.goToStart(at: reading.now) == [], "one at a time")
    reading.open = refresh
    reading.answerAll()
    #expect(reading.texts.first == "line 1")
  }
}

/// The same on the page of a task.
@Suite struct OutputOnTheScreenTests {
  private func fixture(_ output: FakeOutput, rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = Fixture.busy(rows: rows, columns: columns)
    let effects = fixture.press(.enter)
    fixture.read(output, after: effects)
    return fixture
  }

  @Test(arguments: [(24, 80), (15, 50), (60, 200), (10, 40)])
  func `an output is scrolled and searched with keys`(_ size: (rows: Int, columns: Int)) {
    let output = FakeOutput(lines: numbered(100_000))
    var fixture = fixture(output, rows: size.rows, columns: size.columns)
    func press(_ inputs: InputEvent...) { for input in inputs { fixture.read(output, after: fixture.press(input)) } }
    press(.tab)
    #expect(fixture.screen().text.contains("line 100000"))
    press(.character("g"))
    #expect(fixture.screen().text.contains("line 1 ") && fixture.screen().text.contains("100,000"))
    press(.pageDown)
    #expect(!fixture.screen().text.contains("line 1 "))
    press(.character("/"))
    fixture.type("line 54321")
    #expect(fixture.screen().text.contains(" search: line 54321"))
    press(.enter)
    #expect(fixture.screen().text.contains("line 54321 "))
    press(.character("n"))
    #expect(size.columns < 80 || fixture.screen().text.contains("went on from the other end"))
    press(.character("F"))
    #expect(fixture.screen().text.contains("line 100000"))
    // What is typed there acts on nothing.
    press(.character("/"))
    #expect(fixture.type("XyDcq") == [] && fixture.state.dialog == nil)
    press(.escape, .escape)
    #expect(fixture.state.detail == nil && fixture.state.searchEntry == nil)
  }

  @Test func `a cancel goes out while an output does not answer`() {
    var fixture = Fixture.busy()
    _ = fixture.press(.enter)
    fixture.wait(30)
    #expect(fixture.screen().text.contains("has not answered for 30 s"))
    #expect(fixture.press(.character("c"), .character("y")) == [.send(.cancel([TaskID(5)]), reason: nil)])
    // In a recording, whose clock stands still, too.
    var replay = Fixture.replay()
    _ = replay.press(.enter)
    #expect(replay.state.showsTime)
    replay.wait(30)
    #expect(replay.screen().text.contains("has not answered for 30 s"))
  }

  @Test func `a failure is wrapped, so that its end is read`() {
    var fixture = Fixture.busy(rows: 15, columns: 50)
    let effects = fixture.press(.enter)
    let words = "/a/long/path/" + String(repeating: "x", count: 60) + "/stdout is a FIFO, not a file"
    for request in effects.requests {
      _ = fixture.state.update(
        .output(request.output, OutputAnswer(number: request.number, .failure(words))), at: fixture.now)
    }
    fixture.press(.tab)
    #expect(fixture.screen().text.contains("not a file"))
  }
}
