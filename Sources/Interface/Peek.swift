import SessionModel
import Terminal
import Work

/// The end of what the task under the cursor printed, beside the list where there is room for it.
struct Peek: Sendable {
  var output: OutputPane
  /// Whether it was read after the task had ended.
  var isFinalRead = false

  init(_ id: OutputID) { output = OutputPane(id) }

  var task: TaskID { output.output.task }
}

extension InterfaceState {
  /// Fewer rows say nothing.
  private static let leastPeek = 3

  /// Rows for it below the facts; `nil` where it has no place.
  private func peekRect(_ task: TaskID) -> Rect? {
    guard detail == nil, let inner = layout.preview?.inner else { return nil }
    let used = factLines(of: task, width: inner.width).count + 1
    guard inner.height - used >= Self.leastPeek else { return nil }
    return Rect(row: inner.row + used, column: inner.column, height: inner.height - used, width: inner.width)
  }

  /// Asks for it once a second: a cursor that runs over the list reads nothing.
  mutating func readPeek() -> [Effect] {
    guard let task = currentTask, snapshot.tasks.details(of: task)?.started != nil, let rect = peekRect(task) else {
      peek = nil
      return []
    }
    let state = snapshot.tasks.state(of: task)
    var new = peek?.task == task ? peek : nil
    if new?.isFinalRead == true, !state.isFinal { new?.isFinalRead = false }
    var next = new ?? Peek(OutputID(task, state == .failed ? .stderr : .stdout))
    guard !next.isFinalRead else { return [] }
    var requests = next.output.fit(rows: rect.height, columns: rect.width - 2, at: now)
    requests += next.output.refresh(at: now)
    if !requests.isEmpty { next.isFinalRead = isReplay || state.isFinal }
    peek = next
    return requests.map { .read($0) }
  }

  /// Takes what the reader says, when it is for this.
  mutating func takePeek(_ id: OutputID, _ answer: OutputAnswer) -> [Effect] {
    guard var next = peek, next.output.output == id else { return [] }
    // Of one that failed, what it said about that; when it said nothing, the other stream.
    if id.stream == .stderr, next.output.page == nil, answer.isEmpty {
      peek = Peek(OutputID(id.task, .stdout))
      return readPeek()
    }
    let (requests, _) = next.output.take(answer, at: now)
    peek = next
    return requests.map { .read($0) }
  }

  func drawPeek(_ grid: inout CellGrid, _ task: TaskID) {
    // What cannot be read is told on the task's page.
    guard let peek, peek.task == task, peek.output.failure == nil, let page = peek.output.page, page.size > 0,
      let rect = peekRect(task)
    else { return }
    let row = rect.row - 1
    grid.fill(glyphs.horizontal, count: rect.width, row: row, column: rect.column, style: .border)
    grid.put(
      [Span(" "), Span(peek.output.output.stream.rawValue, .heading), Span(" ")], row: row, column: rect.column + 1,
      end: rect.endColumn)
    peek.output.draw(&grid, rect, at: now, glyphs: glyphs)
  }
}

extension OutputAnswer {
  /// Whether there is nothing to show.
  fileprivate var isEmpty: Bool {
    switch result {
    case .page(let page): page.size == 0
    case .failure: true
    case .searching, .found, .notFound: false
    }
  }
}
