import SessionModel

/// A column of the task list, in the order in which they stand.
enum ListColumn: String, CaseIterable, Sendable {
  case name, state, uid, cores, started, wait, time, load, cpu, memory, exit, attempt, node, after, command

  var title: String {
    switch self {
    case .memory: "MEM"
    case .cpu: "CPU"
    case .load: "%CPU"
    case .command: "OUTPUT, COMMAND"
    default: rawValue.uppercased()
    }
  }

  /// For people who choose.
  var help: String {
    switch self {
    case .name: "name, and number of a member"
    case .state: "state; ensemble: how many are in each"
    case .uid: "uid"
    case .cores: "cores, or how many members"
    case .started: "when it started; ensemble: the first"
    case .wait: "from when it was added until it started"
    case .time: "how long it ran; ensemble: the mean of those done"
    case .load: "percent of a core while it runs here"
    case .cpu: "CPU time at its end; ensemble: the mean"
    case .memory: "memory now, or the most at its end"
    case .exit: "exit code or signal"
    case .attempt: "which attempt it is"
    case .node: "machine it runs or ran on; ? unknown"
    case .after: "what it waits for"
    case .command: "last line, why it failed, or the command; ensemble: bar"
    }
  }

  /// Columns on the screen; 0 for those that take what there is.
  var width: Int {
    switch self {
    case .name, .command: 0
    case .state: 12
    case .uid: 11
    case .cores, .exit, .load: 5
    case .started, .wait, .time, .cpu, .memory: 9
    case .attempt: 7
    case .after, .node: 14
    }
  }

  var isRight: Bool {
    switch self {
    case .name, .state, .uid, .node, .after, .command: false
    case .cores, .started, .wait, .time, .load, .cpu, .memory, .exit, .attempt: true
    }
  }

  /// Whether a list can be in the order of it.
  var isSortable: Bool { self != .after && self != .command && self != .load && self != .node }

  /// Those that a person who chose none sees, if there is room.
  static let usual: Set<ListColumn> = [.name, .state, .uid, .cores, .time, .load, .memory, .exit, .command]
}

/// Which columns the list has on a screen of some width, and how wide they are.
///
/// The name has the room that it needs before the uid and the command get any; the other columns fall away from the end.
struct ListColumns: Equatable {
  private(set) var widths: [(column: ListColumn, width: Int)] = []

  static func == (a: ListColumns, b: ListColumns) -> Bool {
    a.widths.elementsEqual(b.widths) { $0.column == $1.column && $0.width == $1.width }
  }

  /// A name of fewer columns says nothing.
  private static let leastName = 8
  private static let leastCommand = 10
  /// What a line that a task printed takes to be read.
  private static let readableOutput = 20
  private static let plentyForOutput = 48

  /// - Parameters:
  ///   - width: without what stands before the name.
  ///   - names: the widest name.
  ///   - hasUse: whether it can be seen what running tasks use.
  ///   - isGrouped: whether there are ensembles, the states of whose members need room.
  init(width: Int, names: Int, chosen: Set<ListColumn>?, isGrouped: Bool, hasUse: Bool = false) {
    let wanted = chosen ?? (hasUse ? ListColumn.usual : ListColumn.usual.subtracting([.load, .memory]))
    let name = max(Self.leastName, min(names, width * 2 / 5))
    var taken: [ListColumn: Int] = [:]
    var room = width
    func take(_ column: ListColumn, _ columns: Int, keeping least: Int) {
      guard wanted.contains(column), room - columns - 1 >= least else { return }
      taken[column] = columns
      room -= columns + 1
    }
    let state = width < 74 ? 12 : width < 106 ? (isGrouped ? 16 : 12) : isGrouped ? 24 : 18
    take(.state, state, keeping: Self.leastName)
    // With ensembles there is the bar in the place of the command.
    let command = wanted.contains(.command) ? Self.leastCommand + 1 : 0
    for column in [ListColumn.time, .exit, .cores, .started, .wait, .cpu, .attempt] {
      take(column, column.width, keeping: min(name, 12))
    }
    // What they use is worth less than the names and what they say.
    let output = command > 0 ? Self.readableOutput + 1 : 0
    for (column, least) in [(ListColumn.load, command), (.memory, output)] {
      take(column, column.width, keeping: chosen == nil ? name + least : min(name, 12))
    }
    take(.node, ListColumn.node.width, keeping: min(name, 12))
    take(.after, ListColumn.after.width, keeping: name + (isGrouped ? command : 0))
    // Tasks are known by their names: what they say is worth more.
    take(.uid, ListColumn.uid.width, keeping: name + (chosen == nil ? output : command))
    // Where there is plenty of room, there is more to see.
    let started = ListColumn.started.width + 1
    if chosen == nil, room - started - name - 1 >= Self.plentyForOutput {
      taken[.started] = started - 1
      room -= started
    }
    take(.command, room - name - 1, keeping: room - name - 1 >= Self.leastCommand ? name : .max)
    taken[.name] = room
    widths = ListColumn.allCases.compactMap { column in taken[column].map { (column, $0) } }
  }

  func width(of column: ListColumn) -> Int? { widths.first { $0.column == column }?.width }
}
