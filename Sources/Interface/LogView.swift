import SessionModel
import Terminal
import Words

// The log of the session: all of it or what went wrong, and where a text stands in it.
extension InterfaceState {
  /// What of the log is shown, and looked for.
  struct LogSight: Sendable {
    var hasProblemsOnly = false
    /// What is looked for, in small letters.
    var needle: String?
    /// The number of the line where it was found, counted as `logEnd` counts.
    var found: Int?

    func shows(_ line: SessionSnapshot.LogLine) -> Bool { !hasProblemsOnly || line.level != .info }
  }

  /// The number of the first line of the log that is still there.
  private var firstLog: Int { snapshot.logCount - snapshot.log.count }

  mutating func scrollLog(by rows: Int) {
    let log = snapshot.log
    var end = (logEnd ?? snapshot.logCount) - firstLog
    let least = min(log.count, logPage)
    var left = abs(rows)
    while left > 0, rows > 0 ? end < log.count : end > least {
      let line = log[rows > 0 ? end : end - 1]
      end += rows > 0 ? 1 : -1
      if logSight.shows(line) { left -= 1 }
    }
    // Below the last one that is shown there is nothing to be seen.
    let isAtEnd = !log[end...].contains { logSight.shows($0) }
    logEnd = isAtEnd ? nil : firstLog + end
  }

  mutating func toggleLogLevel() -> [Effect] {
    logSight.hasProblemsOnly.toggle()
    logEnd = nil
    return []
  }

  mutating func searchLog(_ text: String) {
    logSight.needle = text.isEmpty ? nil : text.lowercased()
    logSight.found = nil
    searchLogNext(isBackward: true)
  }

  mutating func searchLogNext(isBackward: Bool) {
    guard let needle = logSight.needle else { return }
    let log = snapshot.log
    let at = (logSight.found ?? (logEnd ?? snapshot.logCount)) - firstLog
    func holds(_ index: Int) -> Bool {
      logSight.shows(log[index]) && log[index].text.lowercased().contains(needle)
    }
    let found =
      isBackward
      ? log.indices.prefix(max(0, min(at, log.count))).last(where: holds)
      : log.indices.dropFirst(max(0, at + 1)).first(where: holds)
    guard let found else {
      say(
        "\"\(needle)\" is not \(logSight.found == nil ? "in the log" : isBackward ? "further up" : "further down")",
        isWarning: true)
      return
    }
    logSight.found = firstLog + found
    logEnd = found + 1 < log.count ? firstLog + found + 1 : nil
  }

  /// The keys of the log.
  static let logActions = [
    Action(
      name: "warnings", keys: [.character("l")], keyName: "l", title: "warnings",
      help: "all of the log, or warnings and errors alone",
      group: .look, page: .log, weight: 60
    ) { $0.toggleLogLevel() },
    Action(
      name: "search", keys: [.character("/")], keyName: "/", title: "search", help: "look for text in the log",
      group: .look,
      page: .log,
      weight: 61
    ) { state in
      state.searchEntry = TextField(text: state.logSight.needle ?? "")
      return []
    },
    Action(
      name: "next-match", keys: [.character("n")], keyName: "n", title: "next",
      help: "to the next line of the log with it", group: .look,
      page: .log, weight: 55, isAvailable: { $0.logSight.needle != nil }
    ) { state in
      state.searchLogNext(isBackward: false)
      return []
    },
    Action(
      name: "previous-match", keys: [.character("N")], keyName: "N", title: "",
      help: "to the line of the log before with it", group: .look,
      page: .log, isAvailable: { $0.logSight.needle != nil }
    ) { state in
      state.searchLogNext(isBackward: true)
      return []
    },
  ]

  private var logTitle: [Span] {
    var spans = [Span("log", .title)]
    if logSight.hasProblemsOnly { spans.append(Span("  warnings and errors", .warning)) }
    if let needle = logSight.needle, focus == .log {
      spans += [Span("  /", .dim), Span(Columns.cut(needle, to: 16, mark: glyphs.cut), .entry)]
    }
    return spans
  }

  func drawLog(_ grid: inout CellGrid, _ rect: Rect) {
    let end = logEnd ?? snapshot.logCount
    grid.box(
      rect, title: logTitle, glyphs: glyphs, isFocused: focus == .log,
      right: logEnd == nil ? [] : [Span("\(Format.count(snapshot.logCount - end)) more below\(followHint)", .warning)],
      footer: mainView == .log ? footer : [])
    let inner = rect.inner
    var number = end - (snapshot.logCount - snapshot.log.count)
    // From the newest up, each in as many lines as it needs: why a pilot failed can be read whole here.
    var lines: [LogRow] = []
    while lines.count < inner.height, number > 0 {
      number -= 1
      guard number < snapshot.log.count else { break }
      let entry = snapshot.log[number]
      guard logSight.shows(entry) else { continue }
      let style: Style =
        switch entry.level {
        case .info: logSight.found == firstLog + number ? .entry : .plain
        case .warning: .warning
        case .error: .error
        }
      let time = timeWords(entry.time) + " "
      let width = CellWidth.columns(of: time)
      let room = max(1, inner.endColumn - inner.column - 2 - width)
      let left = inner.height - lines.count
      var pieces = Columns.wrap(String(Columns.prefix(entry.text[...], room * (left + 1))), width: room)
      if pieces.count > left {
        // What does not fit is cut at its end, as every text is.
        pieces = pieces[..<(left - 1)] + [pieces[(left - 1)...].joined(separator: " ")]
      }
      let more = pieces.dropFirst().map { LogRow(time: "", indent: width, text: $0, style: style) }
      lines.insert(
        contentsOf: [LogRow(time: time, indent: width, text: pieces.first ?? "", style: style)] + more, at: 0)
    }
    for (line, shown) in lines.enumerated() {
      let (row, end) = (inner.row + line, inner.endColumn - 1)
      grid.put([Span(shown.time, .dim)], row: row, column: inner.column + 1, end: end)
      grid.put([Span(shown.text, shown.style)], row: row, column: inner.column + 1 + shown.indent, end: end)
    }
  }

  /// A line of the log's pane: behind its time, or below it.
  private struct LogRow {
    var time: String
    var indent: Int
    var text: String
    var style: Style
  }
}
