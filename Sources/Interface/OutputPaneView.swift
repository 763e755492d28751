import SessionModel
import Terminal
import Words

extension OutputPane {
  /// Seconds after which a reader that does not answer is spoken of.
  private static let patience = 2.0

  /// Draws the text, with what was looked for marked in it.
  func draw(_ grid: inout CellGrid, _ inner: Rect, at time: Timestamp, glyphs: Glyphs) {
    let (column, width) = (inner.column + 1, inner.width - 2)
    func say(_ text: String, _ style: Style) {
      for (line, words) in Columns.wrap(text, width: width).prefix(inner.height).enumerated() {
        grid.put(words, row: inner.row + line, column: column, width: width, style: style)
      }
    }
    if let silence = silence(at: time), page == nil {
      return say("the output has not answered for \(silence): its file system may hang", .warning)
    }
    if let failure { return say(failure, .warning) }
    guard let page else { return say("reading \(glyphs.more)", .dim) }
    if page.size == 0 { return say("nothing was written", .dim) }
    for (number, row) in rows.enumerated() {
      grid.put(spans(row, width), row: inner.row + number, column: column, end: column + width)
    }
  }

  private func spans(_ row: Row, _ width: Int) -> [Span] {
    // More than fits shows that the text goes on.
    let hidden = Columns.prefix(row.text, column)
    let text = Columns.prefix(row.text[hidden.endIndex...], width + 2)
    guard let needle else { return [Span(String(text))] }
    var spans: [Span] = []
    var at = text.startIndex
    for range in needle.ranges(in: text) {
      spans.append(Span(String(text[at..<range.lowerBound])))
      spans.append(Span(String(text[range]), page?.lines[row.line].start == hit ? .title.selected : .entry))
      at = range.upperBound
    }
    return spans + [Span(String(text[at...]))]
  }

  /// How long the reader has not answered, when that is long.
  private func silence(at time: Timestamp) -> String? {
    guard let waitsSince, time.seconds(since: waitsSince) > Self.patience else { return nil }
    return Format.span(time.seconds(since: waitsSince))
  }

  /// Which part of the output is seen, from the longest form to the shortest.
  ///
  /// - Parameter hint: says how its end comes back.
  func position(at time: Timestamp, hint: String) -> [[Span]] {
    if let silence = silence(at: time), page != nil {
      return [[Span("no answer for \(silence): its file system may hang", .warning)], [Span("no answer", .warning)]]
    }
    if let searched {
      let text = "searching, \(Int(searched * 100))%"
      return [[Span(text + ", Esc stops", .warning)], [Span(text, .warning)]]
    }
    guard let page, failure == nil, page.size > 0 else { return [] }
    let size = Format.bytes(page.size)
    let style: Style = isFollowing ? .dim : .warning
    let follows = isFollowing ? [] : [Span(hint, style)]
    guard let lines = shownLines else {
      return [[Span("\(percent)% of \(size)", style)] + follows, [Span("\(percent)% of \(size)", style)]]
    }
    let numbers =
      (column > 0 ? "column \(column + 1), " : "")
      + "\(Format.count(lines.lowerBound))-\(Format.count(lines.upperBound))"
    guard let count = page.lineCount else {
      return [
        [Span("lines \(numbers), \(percent)% of \(size)", style)] + follows,
        [Span("lines \(numbers), \(percent)%", style)], [Span("\(percent)%", style)],
      ]
    }
    let of = "\(numbers) of \(Format.count(count))"
    return [
      [Span("lines \(of), \(size)", style)] + follows, [Span("lines \(of)", style)] + follows,
      [Span("lines \(of)", style)], [Span(of, style)],
      [Span("\(Format.count(lines.upperBound))/\(Format.count(count))", style)], [Span("\(percent)%", style)],
    ]
  }
}
