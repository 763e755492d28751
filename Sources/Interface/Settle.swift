import SessionModel
import Terminal
import Work

extension InterfaceState {
  private static let scanStep = 50_000

  /// Brings what depends on the session and the size of the screen up to date; once before each frame.
  mutating func settle(size: CellSize, at time: Timestamp) -> [Effect] {
    self.size = size
    now = time
    if exitWhenDone, pause?.snapshot.phase == .closed { endPause() }
    estimate = hasWorkLeft ? estimator.estimate(snapshot, at: clock) : nil
    causes.update(snapshot.tasks, at: time)
    if snapshot.raptor != nil { raptorProgress.note(finished: snapshot.tasks.raptorFinished, at: clock) }
    filter?.scan(snapshot.tasks, limit: Self.scanStep)
    order = makeOrder()
    settleList()
    settleRows()
    settleFailures()
    settleFocus()
    if let end = logEnd { logEnd = max(end, snapshot.logCount - snapshot.log.count + 1) }
    if let detail, !isShown(detail.task) { self.detail = nil }
    if detail == nil, focus != .log { searchEntry = nil }
    let effects = settleDetail() + settleEnd()
    settleQuestion()
    if dialog != nil || leaving != nil, !layout.isTooSmall { questionShown = questionShown ?? bursts }
    settlePalette()
    placedKeys = keyHints.map { PlacedKeys($0, width: size.columns) }
    if hasMouse { pointed = pointerMap }
    return effects
  }

  /// Whether there is a page for it.
  func isShown(_ task: TaskID) -> Bool { snapshot.tasks.contains(task) || task == .program && program != nil }

  private mutating func settleDetail() -> [Effect] {
    guard var detail else { return [] }
    let width = (layout.facts ?? layout.output)?.inner.width ?? size.columns - 2
    detail.factCount = factLines(of: detail.task, width: width).count
    self.detail = detail
    let layout = layout
    if let facts = layout.facts {
      let lines = factLines(of: detail.task, width: facts.inner.width).count
      detail.factsTop = min(detail.factsTop, max(0, lines - facts.inner.height))
    }
    self.detail = detail
    guard let inner = layout.output?.inner else { return [] }
    return withOutput { pane, time in (pane.fit(rows: inner.height, columns: inner.width - 2, at: time), nil) }
  }

  private mutating func settleEnd() -> [Effect] {
    // The end of a recording is a point in it like any other.
    guard isClosed, !isReplay else {
      let canClose = canClose
      leaving?.canClose = canClose
      summary = nil
      isSummaryDismissed = false
      return []
    }
    dialog = nil
    leaving = nil
    if exitWhenDone { return [.leave(.sessionClosed)] }
    if summary == nil, !isSummaryDismissed {
      help = nil
      palette = nil
      filterEntry = nil
      searchEntry = nil
      summary = Summary(shownAt: now)
    }
    return []
  }
}
