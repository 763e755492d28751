import SessionModel
import Terminal
import Work
import Words

/// How the interface behaves.
public struct InterfaceOptions: Equatable, Sendable {
  /// Offer nothing that changes the session, also when the source would take commands.
  public var isReadOnly: Bool
  /// Leave as soon as the session closed instead of showing its summary until a key is pressed.
  public var exitWhenDone: Bool
  public var screen: ScreenOptions
  public var keys: KeyBindings
  /// The columns of the list, by their names; `nil` for those that there is room for.
  public var columns: [String]?
  /// Seconds between two frames that nobody pressed a key for.
  public var refresh: Double

  /// What ``columns`` can name.
  public static var columnNames: [String] { ListColumn.allCases.map(\.rawValue) }
  /// What ``refresh`` can be.
  public static let refreshRange = 0.1...60.0

  public init(
    isReadOnly: Bool = false, exitWhenDone: Bool = false, screen: ScreenOptions = ScreenOptions(),
    keys: KeyBindings = KeyBindings(), columns: [String]? = nil, refresh: Double = 0.1
  ) {
    self.isReadOnly = isReadOnly
    self.exitWhenDone = exitWhenDone
    self.screen = screen
    self.keys = keys
    self.columns = columns
    self.refresh = refresh
  }

  /// A list without names is none.
  var listColumns: Set<ListColumn>? { columns.map { Set($0.compactMap(ListColumn.init)).union([.name]) } }
}

/// Why the interface ended.
public enum InterfaceOutcome: Equatable, Sendable {
  /// The session goes on without this screen: the person chose that, or the screen was only one of its clients, or
  /// ``InterfaceRunner/stop()`` was called.
  case left
  /// The person wants another session; this one goes on.
  case sessions
  /// The session closed and its summary was dismissed.
  case sessionClosed
  /// The terminal went away; the session goes on.
  case terminalGone
}

/// What the interface asks of the world; done off the UI thread.
enum Effect: Equatable, Sendable {
  case send(OperatorCommand, reason: String?)
  case play(PlayOrder)
  case read(OutputRequest)
  /// What these running tasks use.
  case measure([TaskID: Int32?])
  /// Shows a file with the person's own pager or editor.
  case show(String, TerminalProgram.Kind)
  /// Puts a text where the person can paste it from.
  case copy(String)
  /// Writes a text to a new file.
  case keep(String, name: String)
  case leave(InterfaceOutcome)
  /// Draw everything again.
  case redraw
}

/// What happened, as the interface learns it.
enum Message: Sendable {
  case burst([InputEvent], continues: Bool)
  case session(SessionUpdate)
  case output(OutputID, OutputAnswer)
  case use([TaskID: TaskUse])
  /// What became of something that was done for a key.
  case said(String, isWarning: Bool)
  /// A second passed.
  case tick
}

/// Everything the screen shows and everything that decides what a key does. A value: `update` is the only way to it.
struct InterfaceState: Sendable {
  enum Focus: Sendable { case tasks, log, failures, pilot }

  /// The page of one task.
  struct Detail: Sendable {
    var output: OutputPane
    var hasOutputFocus = false
    var factsTop = 0
    /// Lines of facts when the last frame was made.
    var factCount = 8
    /// Whether the output was read after the task had ended.
    var isFinalRead = false
    /// Whether the stream was chosen for the person: when nothing is in it, the other one is shown.
    var isStreamGuessed = false
    /// Where the output is, as far as that is known.
    var path: String?
    /// What the task waits for.
    var dependencies: [Dependency] = []

    init(_ task: TaskID, _ stream: OutputStream = .stdout) { output = OutputPane(OutputID(task, stream)) }

    var task: TaskID { output.output.task }
    var isOfProgram: Bool { task == .program }
    var stream: OutputStream { output.output.stream }
    /// Where the task writes.
    var directory: String? { path.flatMap { $0.lastIndex(of: "/").map { end in String(path?[..<end] ?? "") } } }
  }

  /// Something that a task waits for.
  struct Dependency: Sendable {
    var name: String
    /// The task, or the first one of an ensemble.
    var first: TaskID
    var isEnsemble: Bool
  }

  /// What never changes of a row on the screen, so that a second that passes costs no new texts.
  struct RowText: Sendable {
    var uid = ""
    var label = ""
    var cores = ""
    var after = ""
    var command = ""
  }

  struct Summary: Sendable {
    var shownAt: Timestamp
    /// The cause under the cursor.
    var row = 0
  }

  struct Notice: Sendable {
    var text: String
    var isWarning: Bool
    /// Says no more than a pending command does, once there is one.
    var isEcho: Bool
    var since: Timestamp
  }

  let isReadOnly: Bool
  let keeper: SessionKeeper
  /// The program that opened the session, when there is a page with what it prints.
  let program: String?
  let isOwned: Bool
  let exitWhenDone: Bool
  let isASCII: Bool
  let glyphs: Glyphs
  /// What can be done, with the keys that this person has.
  let table: ActionTable
  /// Whose time of day is shown.
  let zone: TimeZone
  let hasMouse: Bool

  /// Where things stood in the last frame.
  var pointed: PointerMap?
  /// The last line of the frame.
  var placedKeys: PlacedKeys?

  /// What is shown; while the screen is paused, what was.
  var snapshot = SessionSnapshot()
  var pause: Pause?
  /// How the facts come; `nil` until the source said so, and when the session is this process's own.
  var link: LinkStatus?
  /// Of a recording.
  var timeline: Timeline?
  var now: Timestamp
  var size = CellSize(rows: 24, columns: 80)
  var mainView = MainView.overview
  var focus = Focus.tasks
  var failures = FailureList()
  var logSight = LogSight()
  /// The first line shown of what is known of the pilot.
  var pilotTop = 0
  /// The row under the cursor, wherever it goes; `nil` is the first row, whichever that is.
  var cursor: ListRow?
  var listTop = 0
  /// The cursor's row in the list when the last frame was made.
  var cursorRow = 0
  var marks = IDSet()
  /// Whether ensembles are no rows.
  var isFlat = false
  /// The ensembles that a person opened or closed, by their first task.
  var opened: [TaskID: Opened] = [:]
  var filter: TaskSearch?
  var filterEntry: TextField?
  /// What is typed to be looked for in the output on the detail page.
  var searchEntry: TextField?
  var order = TaskOrder()
  var sort = TaskSort()
  var sorting = Sorting()
  /// `nil`: those that there is room for.
  var columns: Set<ListColumn>?
  /// Those that it begins with.
  let usualColumns: Set<ListColumn>?
  /// What the list is to be sorted by, or its columns, while a person chooses.
  var menu: ListMenu?
  /// What can be copied, while a person chooses.
  var copyMenu: CopyMenu?
  /// The rows in the window of the list, from the top.
  var visible: [ListRow] = []
  var rowTexts: [ListRow: RowText] = [:]
  /// How often tasks had been described when ``rowTexts`` were made.
  var describedAs = 0
  /// Columns of the widest name that was on the screen.
  var nameWidth = 0
  /// The number, counted from the first line of the session, after the last log line shown; `nil` follows the log.
  var logEnd: Int?
  var detail: Detail?
  var peek: Peek?
  var dialog: Dialog? { didSet { if dialog == nil || oldValue == nil { questionShown = nil } } }
  /// The question what becomes of the session when its screen is left.
  var leaving: LeaveDialog? { didSet { if leaving == nil || oldValue == nil { questionShown = nil } } }
  /// How many bursts of input came.
  var bursts = 0
  /// When so many keys came at once, and no field took them, that more of the same may come.
  var lastPaste: Timestamp?
  /// The burst before the first frame that had the question of ``dialog`` or ``leaving``; only what was pressed after
  /// that is an answer to it.
  var questionShown: Int?
  /// The first line of the help that is shown; `nil` when it is closed.
  var help: Int?
  var summary: Summary?
  var isSummaryDismissed = false
  var notice: Notice?
  var estimator = WorkEstimator()
  /// How long the work will still take; `nil` when nothing can be said.
  var estimate: WorkEstimate?
  var palette: Palette?
  var causes = SeenCauses()
  var live = LiveUse()
  var ensembles = SeenEnsembles()
  /// How fast tasks go through the raptor.
  var raptorProgress = Progress()

  init(
    isReadOnly: Bool = false, isOwned: Bool = true, exitWhenDone: Bool = false, isASCII: Bool = false,
    zone: TimeZone = .fixed(0), keeper: SessionKeeper = .host, program: String? = nil,
    keys: ActionTable = .standard, columns: Set<ListColumn>? = nil, hasMouse: Bool = false, now: Timestamp
  ) {
    self.hasMouse = hasMouse
    table = keys
    usualColumns = columns
    self.columns = columns
    self.program = program
    self.isReadOnly = isReadOnly
    self.keeper = keeper
    self.isOwned = isOwned
    self.exitWhenDone = exitWhenDone
    self.isASCII = isASCII
    glyphs = isASCII ? .ascii : .unicode
    self.zone = zone
    self.now = now
  }

  var tasks: TaskTable { snapshot.tasks }
  var isClosed: Bool { snapshot.phase == .closed }
  var isReplay: Bool { timeline != nil }

  var layout: Layout {
    let shutdown = snapshot.shutdownUnderWay
    return Layout(
      size: size,
      content: Layout.Content(
        hasRaptor: snapshot.raptor != nil, causes: causes.all.count, view: mainView,
        bannerLines: bannerLines.count,
        hasTimeline: isReplay,
        shutdownPhases: shutdown.isEmpty ? 0 : max(4, shutdown.count), hasDetail: detail != nil,
        prefersOutput: detail?.hasOutputFocus ?? false, factLines: detail?.factCount ?? 0))
  }

  /// Rows of the list that can be seen.
  var listPage: Int { max(1, (layout.tasks?.height ?? 4) - 3) }
  var logPage: Int { max(1, (layout.log?.height ?? 3) - 2) }

  /// The row a key would act on.
  var currentRow: ListRow? {
    if let cursor, order.number(of: cursor, snapshot.tasks) != nil { return cursor }
    return order.row(at: min(cursorRow, max(0, order.count(snapshot.tasks) - 1)), snapshot.tasks)
  }

  /// The task a key would act on, when it is one.
  var currentTask: TaskID? { currentRow?.task }

  mutating func say(_ text: String, isWarning: Bool = false, isEcho: Bool = false) {
    notice = Notice(text: text, isWarning: isWarning, isEcho: isEcho, since: now)
  }

  /// Whether something on the screen changes with time alone.
  var showsTime: Bool {
    if notice != nil || detail?.output.waitsSince != nil { return true }
    if pause != nil { return false }
    // A recording says itself when its time went on.
    return snapshot.opened != nil && !isClosed && !isReplay
  }

  /// Whether the next frame will show more although nothing happens.
  var isSearching: Bool { isFiltering || sorting.isBusy }

  var isFiltering: Bool { filter.map { !$0.isComplete(for: snapshot.tasks) } ?? false }
}
