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
/// On a low screen panes fall away in this order: the preview of the task under the cursor, the log, the raptor, the
/// pilot, the counts. The header, the task list and the key line are always there. Below 64 columns or 20 rows the
/// pilot, the raptor and the counts are one line each, without a border. While a shutdown runs, its phases take the
/// place of the log, and on a low screen that of the task list.
struct Layout: Equatable, Sendable {
  /// What the layout depends on beside the size.
  struct Content: Equatable, Sendable {
    var hasRaptor = false
    /// Lines below the header that warn of something.
    var bannerLines = 0
    /// Whether a recording is played, which shows where it stands.
    var hasTimeline = false
    /// Phases of the shutdown to show; 0 when none runs.
    var shutdownPhases = 0
    var hasDetail = false
    /// Whether the output is what a person looks at: it gets most of the page, or all where there is little room.
    var prefersOutput = false
  }

  static let minimum = CellSize(rows: 10, columns: 40)

  var size: CellSize
  /// Whether the small panes are lines without a border.
  var isCompact = false
  var header = Rect(row: 0, column: 0, height: 0, width: 0)
  var keys = Rect(row: 0, column: 0, height: 0, width: 0)
  var banner: Rect?
  /// Above the keys.
  var timeline: Rect?
  var pilot: Rect?
  var raptor: Rect?
  var counts: Rect?
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
      + [banner, timeline, pilot, raptor, counts, tasks, preview, log, shutdown, facts, output].compactMap { $0 }
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
    isCompact = bodyEnd - start < 18 || size.columns < 64
    let top = isCompact ? placeLines(content, from: start) : placeBoxes(content, from: start)
    let body = Rect(row: top, column: 0, height: bodyEnd - top, width: size.columns)
    if content.hasDetail { placeDetail(body, content) } else { placeBody(body, content) }
  }

  /// Counts, pilot and raptor as a line each, as long as six rows are left for the list. Returns the next free row.
  private mutating func placeLines(_ content: Content, from start: Int) -> Int {
    var row = start
    func line() -> Rect? {
      guard bodyEnd - row > 6 else { return nil }
      defer { row += 1 }
      return Rect(row: row, column: 0, height: 1, width: size.columns)
    }
    counts = line()
    pilot = line()
    if content.hasRaptor { raptor = line() }
    return row
  }

  /// Counts, pilot and raptor as boxes side by side. Returns the next free row.
  private mutating func placeBoxes(_ content: Content, from start: Int) -> Int {
    let height = 5
    if content.hasRaptor, size.columns >= 110 {
      let third = size.columns / 3
      pilot = Rect(row: start, column: 0, height: height, width: third)
      raptor = Rect(row: start, column: third, height: height, width: third)
      counts = Rect(row: start, column: 2 * third, height: height, width: size.columns - 2 * third)
      return start + height
    }
    let half = size.columns / 2
    pilot = Rect(row: start, column: 0, height: height, width: half)
    counts = Rect(row: start, column: half, height: height, width: size.columns - half)
    guard content.hasRaptor, bodyEnd - start >= 20 else { return start + height }
    raptor = Rect(row: start + height, column: 0, height: 3, width: size.columns)
    return start + height + 3
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
      let upper = wanted > 0 ? wanted : body.height >= 24 ? 14 : 0
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
    let upper = content.prefersOutput ? 4 : max(4, min(body.height * 3 / 5, body.height - 4))
    facts = Rect(row: body.row, column: 0, height: upper, width: body.width)
    output = Rect(row: body.row + upper, column: 0, height: body.height - upper, width: body.width)
  }
}
