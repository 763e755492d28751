import Terminal

/// A part of the screen.
struct Rect: Equatable, Sendable {
  var row: Int
  var column: Int
  var height: Int
  var width: Int

  var endRow: Int { row + height }
  var endColumn: Int { column + width }
  /// What a border leaves.
  var inner: Rect { Rect(row: row + 1, column: column + 1, height: max(0, height - 2), width: max(0, width - 2)) }

  func intersects(_ other: Rect) -> Bool {
    row < other.endRow && other.row < endRow && column < other.endColumn && other.column < endColumn
  }
}

/// Which panes there are and where, for one size of the screen.
///
/// On a low screen what is there falls away in this order: the charts, the preview of the task under the cursor, the log,
/// causes of failures but one, the raptor, the line of counts, the pilot, the causes, the progress. The header, the task
/// list and the key line are always there. While a shutdown runs, its phases take the place of the log, and on a low screen
/// that of the task list.
struct Layout: Equatable, Sendable {
  /// What the layout depends on beside the size.
  struct Content: Equatable, Sendable {
    var hasRaptor = false
    /// Why tasks failed, in so many ways.
    var causes = 0
    var view = MainView.overview
    /// Lines below the header that warn of something.
    var bannerLines = 0
    /// Whether a recording is played, which shows where it stands.
    var hasTimeline = false
    /// Phases of the shutdown to show; 0 when none runs.
    var shutdownPhases = 0
    var hasDetail = false
    /// Whether the output is what a person looks at: it gets most of the page, or all where there is little room.
    var prefersOutput = false
    /// Lines that the facts of the task on the page take.
    var factLines = 0
  }

  static let minimum = CellSize(rows: 10, columns: 40)

  var size: CellSize
  var header = Rect(row: 0, column: 0, height: 0, width: 0)
  var keys = Rect(row: 0, column: 0, height: 0, width: 0)
  var banner: Rect?
  /// Above the keys.
  var timeline: Rect?
  var charts: Rect?
  var pilot: Rect?
  /// How far the tasks are; without it the counts say it, too.
  var progress: Rect?
  var counts: Rect?
  var raptor: Rect?
  var failures: Rect?
  var failureList: Rect?
  var pilotFacts: Rect?
  var tasks: Rect?
  var preview: Rect?
  var log: Rect?
  var shutdown: Rect?
  var facts: Rect?
  var output: Rect?

  /// The row below the last pane.
  private var bodyEnd = 0

  /// Whether the screen is too small for anything but a message.
  var isTooSmall: Bool { size.rows < Self.minimum.rows || size.columns < Self.minimum.columns }

  var panes: [Rect] {
    [header, keys]
      + [
        banner, timeline, charts, pilot, progress, counts, raptor, failures, failureList, pilotFacts, tasks, preview,
        log, shutdown, facts,
        output,
      ].compactMap { $0 }
  }

  init(size: CellSize, content: Content) {
    self.size = size
    guard !isTooSmall else { return }
    header = Rect(row: 0, column: 0, height: 1, width: size.columns)
    keys = Rect(row: size.rows - 1, column: 0, height: 1, width: size.columns)
    if content.bannerLines > 0 { banner = Rect(row: 1, column: 0, height: content.bannerLines, width: size.columns) }
    if content.hasTimeline { timeline = Rect(row: keys.row - 1, column: 0, height: 1, width: size.columns) }
    let start = banner?.endRow ?? 1
    bodyEnd = timeline?.row ?? keys.row
    // The page of a task is about that alone.
    let top = content.hasDetail ? start : placeStatus(content, from: start)
    let body = Rect(row: top, column: 0, height: bodyEnd - top, width: size.columns)
    if content.hasDetail {
      placeDetail(body, content)
    } else if content.shutdownPhases > 0, content.view.hasTasks {
      placeBody(body, content)
    } else {
      switch content.view {
      case .overview: placeBody(body, content)
      case .tasks: tasks = body
      case .failures: failureList = body
      case .pilot: pilotFacts = body
      case .log: log = body
      }
    }
  }

  /// The lines that are worth more than the rows of the list they take. Returns the next free row.
  private mutating func placeStatus(_ content: Content, from start: Int) -> Int {
    // How many rows there have to be below a line for it to be there.
    let room = bodyEnd - start
    let isRoomy = room >= 16
    let hasProgress = isRoomy || room >= 13 && !content.hasRaptor && content.causes == 0
    let hasPilot = room >= 8
    let hasRaptor = content.hasRaptor && room >= 9
    let most = room >= 40 ? 6 : room >= 26 ? 4 : isRoomy ? 2 : room >= 10 ? 1 : 0
    var row = start
    func lines(_ count: Int) -> Rect? {
      guard count > 0 else { return nil }
      defer { row += count }
      return Rect(row: row, column: 0, height: count, width: size.columns)
    }
    if content.view == .pilot ? size.columns >= 64 && room >= 19 : size.columns >= 120 && room >= 34 {
      charts = lines(room >= 50 ? 8 : content.view == .pilot && room < 30 ? 5 : 6)
    }
    pilot = lines(hasPilot ? 1 : 0)
    progress = lines(hasProgress ? 1 : 0)
    counts = lines(1)
    raptor = lines(hasRaptor ? 1 : 0)
    failures = lines(content.view == .failures ? 0 : min(content.causes, most))
    return row
  }

  private mutating func placeBody(_ body: Rect, _ content: Content) {
    let wanted = content.shutdownPhases > 0 ? content.shutdownPhases + 2 : 0
    if size.columns >= 120 {
      let left = size.columns * 31 / 50
      tasks = Rect(row: body.row, column: 0, height: body.height, width: left)
      var right = Rect(row: body.row, column: left, height: body.height, width: size.columns - left)
      if wanted > 0, body.height < wanted + 5 {
        shutdown = right
        return
      }
      // The more room there is, the more of the output of the task under the cursor is seen.
      let most = body.height - max(12, body.height / 3)
      let upper = wanted > 0 ? wanted : body.height >= 24 ? max(14, most) : 0
      if upper > 0 {
        let pane = Rect(row: right.row, column: right.column, height: upper, width: right.width)
        if wanted > 0 { shutdown = pane } else { preview = pane }
        right = Rect(
          row: right.row + upper, column: right.column, height: right.height - upper, width: right.width)
      }
      log = right
      return
    }
    if wanted > 0, body.height < 12 {
      // Both would be too low to read, and now the shutdown is what matters; the task list comes back after it.
      shutdown = body
      return
    }
    let lower = wanted > 0 ? min(wanted, body.height - 6) : body.height >= 11 ? min(12, max(4, body.height / 3)) : 0
    tasks = Rect(row: body.row, column: 0, height: body.height - lower, width: body.width)
    guard lower > 0 else { return }
    let pane = Rect(row: body.endRow - lower, column: 0, height: lower, width: body.width)
    if wanted > 0 { shutdown = pane } else { log = pane }
  }

  private mutating func placeDetail(_ body: Rect, _ content: Content) {
    if size.columns >= 120 {
      let left = size.columns * 2 / 5
      facts = Rect(row: body.row, column: 0, height: body.height, width: left)
      output = Rect(row: body.row, column: left, height: body.height, width: size.columns - left)
      return
    }
    // Who reads the output needs rows for it.
    if body.height < (content.prefersOutput ? 14 : 10) {
      if content.prefersOutput { output = body } else { facts = body }
      return
    }
    let upper = content.prefersOutput ? 4 : max(4, min(content.factLines + 2, body.height / 2))
    facts = Rect(row: body.row, column: 0, height: upper, width: body.width)
    output = Rect(row: body.row + upper, column: 0, height: body.height - upper, width: body.width)
  }
}
