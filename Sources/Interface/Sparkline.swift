import SessionModel
import Terminal

/// What of a session's past can be drawn.
enum Quantity: CaseIterable, Sendable {
  case cores, rate, queue

  var title: String {
    switch self {
    case .cores: "cores busy"
    case .rate: "tasks/s"
    case .queue: "queue"
    }
  }

  /// In the mean of so many seconds.
  func value(_ span: SessionHistory.Span, seconds: Double) -> Double {
    guard seconds > 0 else { return 0 }
    return switch self {
    case .cores: span.busy / seconds
    case .rate: Double(span.finished) / seconds
    case .queue: (span.queued + span.waiting) / seconds
    }
  }
}

extension InterfaceState {
  /// The past of the session in one row, from its start to now.
  func drawSparkline(_ grid: inout CellGrid, _ quantity: Quantity, row: Int, _ column: Int, width: Int) {
    guard width >= 4 else { return }
    let values = snapshot.history.until(clock).parts(width).map { quantity.value($0.span, seconds: $0.seconds) }
    // The gauge beside it has the same scale.
    let top = quantity == .cores ? Double(snapshot.pilot?.cores ?? 0) : values.max() ?? 0
    guard top > 0 else { return }
    for (index, value) in values.enumerated() {
      grid.fill(glyphs.level(value / top), count: 1, row: row, column: column + index, style: .running)
    }
  }
}

extension Glyphs {
  /// A column of one cell, for a share of its height; a share above nothing is never invisible.
  func level(_ share: Double) -> Unicode.Scalar {
    guard share > 0 else { return levels[0] }
    let steps = Double(levels.count - 1)
    return levels[Int(min(max(1, (share * steps).rounded()), steps))]
  }
}
