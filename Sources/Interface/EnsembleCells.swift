import SessionModel
import Terminal
import Words
import Work

/// What the ensembles on the screen used, looked at again when something of them has changed.
struct SeenEnsembles: Sendable {
  private struct Sight: Sendable {
    var tally: BatchTally
    var time: Timestamp
    var use: EnsembleUse
  }

  private var sights: [TaskID: Sight] = [:]

  func use(of first: TaskID) -> EnsembleUse? { sights[first]?.use }

  mutating func update(_ rows: [ListRow], _ table: TaskTable, at now: Timestamp) {
    if sights.count > 256 { sights = [:] }
    for case .ensemble(let first) in rows {
      guard let tally = table.ensemble(of: first), let batch = table.batch(of: first) else { continue }
      if let sight = sights[first] {
        // Of a million tasks every two seconds: a look takes some milliseconds.
        let pause = Double(batch.count) / 500_000
        if sight.tally == tally || 0..<pause ~= now.seconds(since: sight.time) { continue }
      }
      sights[first] = Sight(tally: tally, time: now, use: table.use(of: batch))
    }
  }
}

extension InterfaceState {
  /// Where a task runs or ran.
  func node(of task: TaskDetails) -> String {
    guard task.started != nil else { return "-" }
    return snapshot.info?.taskHost ?? "?"
  }

  /// What the members of an ensemble use, or used.
  func drawEnsembleUse(_ grid: inout CellGrid, _ batch: TaskBatch, _ cells: RowCells) {
    let ids = batch.ids
    let seen = live.sights.keys.filter { ids.contains($0.number) }.compactMap { use(of: $0) }
    let known = ensembles.use(of: batch.first)
    cells.put(&grid, .started) { _ in [Span(known?.started.map(timeWords) ?? "-")] }
    cells.put(&grid, .cpu) { _ in [Span(known?.processor.map { "~" + Format.measured($0) } ?? "-")] }
    cells.put(&grid, .load) { _ in
      let loads = seen.compactMap(\.load)
      guard !loads.isEmpty else { return [Span("-", .dim)] }
      return [Span("~" + Self.percent(loads.reduce(0, +) / Double(loads.count)))]
    }
    cells.put(&grid, .memory) { _ in
      let bytes = max(seen.map(\.use.memory).max() ?? 0, (known?.peakMemory ?? 0) * 1024)
      return [Span(bytes > 0 ? Format.room(bytes) : "-")]
    }
  }
}
