import SessionModel
import Terminal
import Words

// The past of the session in boxes side by side, where there is room for them.
extension InterfaceState {
  func drawCharts(_ grid: inout CellGrid, _ rect: Rect) {
    let width = rect.width / Quantity.allCases.count
    for (number, quantity) in Quantity.allCases.enumerated() {
      let isLast = number == Quantity.allCases.count - 1
      drawChart(
        quantity, &grid,
        Rect(
          row: rect.row, column: rect.column + number * width, height: rect.height,
          width: isLast ? rect.width - number * width : width))
    }
  }

  private func drawChart(_ quantity: Quantity, _ grid: inout CellGrid, _ rect: Rect) {
    let inner = rect.inner
    let history = snapshot.history.until(clock)
    let scale = 7
    let width = max(0, inner.width - scale - 1)
    let values = history.parts(width).map { quantity.value($0.span, seconds: $0.seconds) }
    let peak = values.max() ?? 0
    let top = quantity == .cores ? max(peak, Double(snapshot.pilot?.cores ?? 0)) : peak
    let words = words(quantity, peak: peak)
    grid.box(
      rect, title: [Span(quantity.title, .title)], glyphs: glyphs, right: words.isEmpty ? [] : [Span(words, .dim)],
      footer: values.isEmpty
        ? [] : [Span("\(Format.span(Double(values.count) * history.partSeconds(width))) to now", .dim)])
    guard top > 0 else { return }
    for (line, value) in [(0, top), (inner.height - 1, 0)] {
      grid.putRight(
        [Span(number(value), .dim)], row: inner.row + line, start: inner.column, end: inner.column + scale - 1)
    }
    for (index, value) in values.enumerated() {
      let height = value / top * Double(inner.height)
      for line in 0..<inner.height {
        let share = min(1, height - Double(inner.height - 1 - line))
        guard share > 0 else { continue }
        grid.fill(
          glyphs.level(share), count: 1, row: inner.row + line, column: inner.column + scale + index, style: .running)
      }
    }
  }

  private func number(_ value: Double) -> String {
    value < 10 && value != value.rounded() ? Format.tenths(value) : Format.count(Int(value.rounded()))
  }

  private func words(_ quantity: Quantity, peak: Double) -> String {
    switch quantity {
    case .cores:
      snapshot.pilot == nil
        ? "no pilot yet"
        : "now \(Format.count(snapshot.coresInUse)) of \(Format.count(snapshot.pilot?.cores ?? 0))"
    case .rate: peak == 0 ? "" : (rateWords.isEmpty ? "" : "now \(rateWords), ") + "peak \(Format.rate(peak))"
    case .queue where isClosed:
      "\(Format.count(snapshot.tasks.count - snapshot.tasks.finished)) not run"
    case .queue:
      "\(Format.count(snapshot.tasks.count(in: .queued))) queued, \(Format.count(snapshot.tasks.count(in: .waiting))) waiting"
    }
  }
}
