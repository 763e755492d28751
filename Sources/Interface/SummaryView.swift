import SessionModel
import Terminal
import Words
import Work

/// How the session ended, as lines. The causes of failures are rows that open.
struct SummaryLines {
  let head: [[Span]]
  let causes: [FailureCauses.Cause]
  let tail: [[Span]]

  /// - Parameter width: columns that there are for a line.
  init(_ snapshot: SessionSnapshot, of keeper: SessionKeeper, causes: [FailureCauses.Cause], width: Int) {
    self.causes = causes
    head = Self.head(snapshot, of: keeper, width)
    tail = Self.tail(snapshot)
  }

  var count: Int { head.count + causes.count + tail.count }

  /// The rows a person can go to: the causes, and what comes after them.
  var rows: Int { causes.count + tail.count }

  private static func head(_ snapshot: SessionSnapshot, of keeper: SessionKeeper, _ width: Int) -> [[Span]] {
    let table = snapshot.tasks
    var lines: [[Span]] = []
    let wall = snapshot.summary?.wall ?? 0
    let code = snapshot.summary?.exitCode ?? 0
    let label = snapshot.info.map { $0.name.isEmpty ? $0.id : $0.name } ?? ""
    lines.append([
      Span("Exit status "), Span(String(code), code == 0 ? .ok : .error), Span("  after \(Format.measured(wall))"),
      Span("  \(label)", .dim),
    ])
    let left = table.count - table.finished
    func counts(_ word: (TaskPhase) -> String, gap: String) -> [Span] {
      var spans: [Span] = []
      for phase in [TaskPhase.done, .failed, .canceled] {
        let count = table.count(in: phase)
        spans += [Span(word(phase), count > 0 ? phase.style : .dim), Span(" \(Format.count(count))\(gap)")]
      }
      if left > 0 { spans += [Span("not run", .queued), Span(" \(Format.count(left))")] }
      return spans
    }
    // No number is cut.
    let long = counts(\.word, gap: "   ")
    let isNarrow = long.reduce(0) { $0 + CellWidth.columns(of: $1.text) } > width
    lines.append(isNarrow ? counts({ String($0.letter) }, gap: "  ") : long)
    if left > 0, keeper == .host, let id = snapshot.info?.id {
      let words = "What was not run: "
      let wrapped = Columns.wrap("\(words)scalems-top run --resume \(id)", width: width)
      lines += wrapped.enumerated().map { number, text in
        guard number == 0, text.hasPrefix(words) else { return [Span(text, .key)] }
        return [Span(words), Span(String(text.dropFirst(words.count)), .key)]
      }
    }
    if table.count(in: .failed) > 0 { lines.append([Span("Failures", .heading)]) }
    return lines
  }

  private static func tail(_ snapshot: SessionSnapshot) -> [[Span]] {
    guard let summary = snapshot.summary, !summary.leftovers.isEmpty else { return [] }
    return [[Span("Left behind", .error)]] + summary.leftovers.map { [Span("  \($0)", .error)] }
  }
}

extension InterfaceState {
  private var summaryLines: SummaryLines {
    SummaryLines(snapshot, of: keeper, causes: causes.all, width: summaryWidth - 4)
  }

  private var summaryWidth: Int { max(min(size.columns, 60), min(size.columns - 8, 120)) }

  mutating func handleSummary(_ input: InputEvent) -> [Effect] {
    guard let shown = summary else { return [] }
    let lines = summaryLines
    switch input {
    case .down, .character("j"): summary?.row = min(shown.row + 1, max(0, lines.rows - 1))
    case .up, .character("k"): summary?.row = max(0, shown.row - 1)
    case .pageDown: summary?.row = min(shown.row + 10, max(0, lines.rows - 1))
    case .pageUp: summary?.row = max(0, shown.row - 10)
    case .enter where shown.row < lines.causes.count:
      dismissSummary()
      return show(cause: lines.causes[shown.row])
    case .tab: dismissSummary()
    // Typed before a person can have seen it, it was for something else.
    case .escape: if now.seconds(since: shown.shownAt) > Self.summaryGrace { return [.leave(.sessionClosed)] }
    case _ where isKey(input, of: "leave"): return [.leave(.sessionClosed)]
    default:
      guard let view = MainView.allCases.first(where: { isKey(input, of: $0.title) }) else { break }
      dismissSummary()
      return show(view)
    }
    return []
  }

  private static let summaryGrace = 0.5

  private mutating func dismissSummary() {
    summary = nil
    isSummaryDismissed = true
  }

  /// The box, the row under the cursor and the first line that is shown.
  private func summaryPlace(_ lines: SummaryLines, _ body: Rect) -> (rect: Rect, row: Int, top: Int) {
    let rect = body.centered(height: lines.count + 2, width: summaryWidth)
    let row = min(summary?.row ?? 0, max(0, lines.rows - 1))
    // The row under the cursor is always there, and what was left behind when it fits.
    let wanted = lines.rows == 0 || row == 0 && lines.causes.isEmpty ? 0 : lines.head.count + row
    let height = rect.inner.height
    return (rect, row, min(max(0, wanted - height + 1), max(0, lines.count - height)))
  }

  /// The causes, which open.
  var summaryRows: OverlayRows {
    let lines = summaryLines
    let (rect, _, top) = summaryPlace(lines, overlayBody)
    return OverlayRows(.summary, rect.inner, top: top - lines.head.count, count: lines.causes.count)
  }

  func drawSummary(_ grid: inout CellGrid, _ body: Rect) {
    let lines = summaryLines
    let (rect, row, top) = summaryPlace(lines, body)
    let inner = rect.inner
    let hidden = lines.count - top - inner.height
    grid.wipe(rect)
    var keys = [Span(keyName(of: "leave") ?? "Esc", .key), Span(" leaves  ", .dim)]
    if !lines.causes.isEmpty { keys += [Span("Enter", .key), Span(" opens  ", .dim)] }
    keys += [Span("Tab", .key), Span(" shows the tasks", .dim)]
    grid.box(
      rect, title: [Span("session closed", .title)], glyphs: glyphs, isFocused: true,
      right: hidden > 0 ? [Span("\(Format.count(hidden)) more below", .warning)] : [], footer: keys)
    let (left, right) = (inner.column + 1, inner.endColumn - 1)
    for line in 0..<min(inner.height, lines.count - top) {
      let (index, at) = (top + line, inner.row + line)
      let cause = index - lines.head.count
      if cause < 0 {
        grid.put(lines.head[index], row: at, column: left, end: right)
      } else if cause < lines.causes.count {
        drawCause(lines.causes[cause], &grid, row: at, left, end: right, label: "  ")
        if cause == row { grid.select(row: at, column: inner.column, count: inner.width) }
      } else {
        grid.put(lines.tail[cause - lines.causes.count], row: at, column: left, end: right)
      }
    }
  }
}
