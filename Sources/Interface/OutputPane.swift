import SessionModel
import Words

/// The output of a task in a pane: which part of it is seen, what is looked for in it, and what its reader is asked.
///
/// A value that any page can hold. Some lines before and behind what is seen are there already, so that a key shows more
/// at once; the reader is asked for others in time. Everything the reader is asked comes as a request out of the methods.
struct OutputPane: Sendable {
  /// What is seen.
  enum Place: Equatable, Sendable {
    /// The last lines, whatever comes.
    case end
    /// A line by its first byte, and on from one of the rows into which it is wrapped.
    case line(Int, row: Int)
  }

  /// What a person is told, once.
  struct News: Equatable {
    var text: String
    var isWarning = false
  }

  let output: OutputID
  private(set) var page: OutputPage?
  private(set) var failure: String?
  private(set) var place = Place.end
  /// Whether lines that are too wide go on in the next row.
  private(set) var isWrapped = false
  /// Columns that are left of what is seen of lines that are not wrapped.
  private(set) var column = 0
  /// Rows and columns for text; what is not known yet is guessed.
  private(set) var size = (rows: 20, columns: 78)

  private(set) var needle: Needle?
  /// The line that was found last.
  private(set) var hit: Int?
  /// How much was searched, from 0 to 1, while that goes on.
  private(set) var searched: Double?

  /// The last request, and since when it waits for its answer.
  private var number = 0
  private(set) var waitsSince: Timestamp?
  /// Where to be when the lines of that place have come, and so many rows farther.
  private var target: Place?
  /// The target of the last request.
  private var askedTarget: Place?
  private var owed = 0

  init(_ output: OutputID) { self.output = output }

  // MARK: Rows

  /// A row of the pane: a line, or a part of one.
  struct Row: Equatable {
    var line: Int
    var text: Substring
  }

  private func parts(_ line: Int) -> [Substring] {
    guard let page else { return [] }
    let text = page.lines[line].text
    return isWrapped ? Columns.pieces(text, width: size.columns) : [text[...]]
  }

  private func rowCount(_ line: Int) -> Int { isWrapped ? parts(line).count : 1 }

  /// The first row when the last one of the page is the last of the pane.
  private var topOfEnd: (line: Int, row: Int) {
    guard let page else { return (0, 0) }
    var rows = size.rows
    for line in page.lines.indices.reversed() {
      let count = rowCount(line)
      if count >= rows { return (line, count - rows) }
      rows -= count
    }
    return (0, 0)
  }

  /// The first row that is seen.
  private var top: (line: Int, row: Int) {
    guard let page, !page.lines.isEmpty else { return (0, 0) }
    let end = topOfEnd
    guard case .line(let start, let row) = place else { return end }
    let line = max(0, (page.lines.firstIndex { $0.start > start } ?? page.lines.count) - 1)
    let top = (line: line, row: page.lines[line].start == start ? min(row, rowCount(line) - 1) : 0)
    // Below the last line nothing is to be seen.
    return page.isAtEnd && (end.line, end.row) < (top.line, top.row) ? end : top
  }

  /// What is seen, from the top.
  var rows: [Row] {
    guard let page else { return [] }
    let top = top
    var rows: [Row] = []
    var line = top.line
    while line < page.lines.count, rows.count < size.rows {
      for part in parts(line).dropFirst(line == top.line ? top.row : 0).prefix(size.rows - rows.count) {
        rows.append(Row(line: line, text: part))
      }
      line += 1
    }
    return rows
  }

  /// Whether the end is in view, and will be when more comes.
  var isFollowing: Bool { place == .end }

  /// The numbers of the first and the last line in view, as far as they are known.
  var shownLines: ClosedRange<Int>? {
    let rows = rows
    guard let page, let first = page.firstNumber, let from = rows.first?.line, let to = rows.last?.line else {
      return nil
    }
    let skipped = page.lines[..<from].count(where: \.isEnded)
    return (first + skipped)...(first + skipped + page.lines[from..<to].count(where: \.isEnded))
  }

  /// How much of the output is before the end of what is in view, in percent; 100 only at its end.
  var percent: Int {
    guard let page, page.size > 0, let last = rows.last?.line else { return 100 }
    let end = page.lines[last].end
    return end >= page.size ? 100 : min(99, Int(Double(end) / Double(page.size) * 100))
  }

  /// Whether nothing is below what is in view.
  private var isAtBottom: Bool {
    guard let page else { return true }
    return page.isAtEnd && top == topOfEnd
  }

  // MARK: Moving

  /// Takes note of the size of the pane.
  mutating func fit(rows: Int, columns: Int, at time: Timestamp) -> [OutputRequest] {
    let new = (rows: max(1, rows), columns: max(1, columns))
    guard new != size else { return [] }
    size = new
    return page == nil ? [] : request(at: time)
  }

  /// Moves by rows; at the end the output is followed.
  mutating func scroll(by rows: Int, at time: Timestamp) -> [OutputRequest] {
    if target != nil {
      owe(rows)
      return []
    }
    guard let page, !page.lines.isEmpty else { return [] }
    var (line, row) = top
    var left = rows
    while left > 0 {
      if row + 1 < rowCount(line) {
        row += 1
      } else if line + 1 < page.lines.count {
        (line, row) = (line + 1, 0)
      } else {
        break
      }
      left -= 1
    }
    while left < 0 {
      if row > 0 {
        row -= 1
      } else if line > 0 {
        line -= 1
        row = rowCount(line) - 1
      } else {
        break
      }
      left += 1
    }
    place = .line(page.lines[line].start, row: row)
    if rows > 0, isAtBottom { place = .end }
    if left > 0 ? !page.isAtEnd : !page.isAtStart { owe(left) }
    return request(at: time, isForced: owed != 0)
  }

  private mutating func owe(_ rows: Int) {
    let limit = 4 * size.rows
    owed = max(-limit, min(limit, owed + max(-limit, min(limit, rows))))
  }

  mutating func goToStart(at time: Timestamp) -> [OutputRequest] { go(to: .line(0, row: 0), at: time) }

  mutating func goToEnd(at time: Timestamp) -> [OutputRequest] { go(to: .end, at: time) }

  private mutating func go(to place: Place, at time: Timestamp) -> [OutputRequest] {
    owed = 0
    let isThere = place == .end ? page?.isAtEnd : page?.isAtStart
    guard isThere ?? false else {
      target = place
      return request(at: time, isForced: true)
    }
    target = nil
    self.place = place
    return request(at: time)
  }

  mutating func toggleWrap(at time: Timestamp) -> [OutputRequest] {
    if case .line(let start, _) = place { place = .line(start, row: 0) }
    isWrapped.toggle()
    column = 0
    return request(at: time)
  }

  /// Moves sideways by a third of the pane, as far as there is text in view.
  mutating func scrollSideways(_ direction: Int) {
    guard !isWrapped else { return }
    let widest = rows.map { CellWidth.columns(of: $0.text) }.max() ?? 0
    let step = max(1, size.columns / 3)
    column = min(max(0, column + direction * step), max(0, widest - min(step, size.columns)))
  }

  // MARK: Asking

  /// Asks for the newest state of what is seen; not while an answer is on its way.
  mutating func refresh(at time: Timestamp) -> [OutputRequest] {
    waitsSince == nil ? request(at: time, isForced: true) : []
  }

  /// Asks for the lines around what is seen, when there are few left before or behind them.
  private mutating func request(at time: Timestamp, isForced: Bool = false) -> [OutputRequest] {
    if let page, !isForced {
      let top = top.line
      let isShort =
        (top < size.rows && !page.isAtStart) || (page.lines.count - top < 2 * size.rows && !page.isAtEnd)
      guard isShort else { return [] }
    }
    // One at a time, or one that is slow would never be answered; a search gives way.
    if waitsSince != nil, searched == nil { return [] }
    searched = nil
    let wanted: OutputRequest.Place =
      switch target ?? place {
      case .end: .end
      case .line(let start, _): .byte(start)
      }
    return [ask(.page(wanted), at: time)]
  }

  private mutating func ask(_ kind: OutputRequest.Kind, at time: Timestamp) -> OutputRequest {
    number += 1
    askedTarget = target
    waitsSince = waitsSince ?? time
    return OutputRequest(number: number, output: output, kind: kind, before: 3 * size.rows, after: 4 * size.rows)
  }

  // MARK: Searching

  /// Looks for a text from what is in view on; nothing to look for ends the search.
  mutating func search(_ text: String, at time: Timestamp) -> [OutputRequest] {
    needle = Needle(text)
    hit = nil
    return needle == nil ? [] : searchNext(isBackward: false, at: time)
  }

  /// Goes to the next line that has what was looked for, or to the one before.
  mutating func searchNext(isBackward: Bool, at time: Timestamp) -> [OutputRequest] {
    guard let needle, let page, !page.lines.isEmpty else { return [] }
    let rows = rows
    let seen = rows.first.map { page.lines[$0.line].start...page.lines[rows.last?.line ?? $0.line].start }
    // From the last hit as long as it is in view.
    let last = hit.flatMap { seen?.contains($0) ?? false ? $0 : nil }
    target = nil
    owed = 0
    searched = 0
    waitsSince = nil
    return [
      ask(
        .search(
          needle, from: last ?? seen?.lowerBound ?? 0, isBackward: isBackward, isAfter: last != nil || isBackward),
        at: time)
    ]
  }

  /// Ends a search that goes on.
  ///
  /// - Returns: `nil` when none does.
  mutating func stopSearch(at time: Timestamp) -> [OutputRequest]? {
    guard searched != nil else { return nil }
    return request(at: time, isForced: true)
  }

  // MARK: Answers

  /// Takes an answer in; those to earlier requests say nothing.
  mutating func take(_ answer: OutputAnswer, at time: Timestamp) -> (requests: [OutputRequest], news: News?) {
    guard answer.number == number else { return ([], nil) }
    if case .searching(let share) = answer.result {
      searched = share
      // It lives.
      waitsSince = time
      return ([], nil)
    }
    waitsSince = nil
    searched = nil
    switch answer.result {
    case .searching: return ([], nil)
    case .notFound: return ([], News(text: "nothing matches \"\(needle?.text ?? "")\"", isWarning: true))
    case .failure(let words):
      failure = words
      (target, owed) = (nil, 0)
      return ([], nil)
    case .page(let page):
      let news = show(page)
      if let target {
        guard target == askedTarget else { return (request(at: time, isForced: true), news) }
        place = target
        self.target = nil
      }
      return (settle(at: time), news)
    case .found(let page, let line, let isAround):
      let news = show(page)
      goToHit(line)
      let around = isAround ? News(text: "the search went on from the other end") : nil
      return (settle(at: time), news ?? around)
    }
  }

  private mutating func show(_ page: OutputPage) -> News? {
    let isOther = self.page.map { $0.generation != page.generation } ?? false
    failure = nil
    self.page = page
    guard isOther, !isFollowing else { return nil }
    // What was read is not there any more.
    (place, target, owed, hit) = (.end, nil, 0, nil)
    return News(text: "the output was begun anew: this is its end", isWarning: true)
  }

  private mutating func settle(at time: Timestamp) -> [OutputRequest] {
    let rows = owed
    owed = 0
    if rows != 0 { return scroll(by: rows, at: time) }
    return request(at: time)
  }

  /// Shows what was found, a third of the pane from the top.
  private mutating func goToHit(_ start: Int) {
    hit = start
    guard let page, let line = page.lines.firstIndex(where: { $0.start == start }), let needle else { return }
    let text = page.lines[line].text[...]
    let before = needle.ranges(in: text).first.map { text[..<$0.upperBound] } ?? ""
    // Beyond the right edge nobody would see it.
    if !isWrapped {
      let end = CellWidth.columns(of: before)
      column = end > size.columns ? end - size.columns * 2 / 3 : 0
    }
    var topRow = isWrapped ? max(0, Columns.pieces(String(before), width: size.columns).count - 1) : 0
    var top = line
    for _ in 0..<(size.rows / 3) {
      if topRow > 0 {
        topRow -= 1
      } else if top > 0 {
        top -= 1
        topRow = rowCount(top) - 1
      }
    }
    place = .line(page.lines[top].start, row: topRow)
  }
}
