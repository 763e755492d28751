import SessionModel
import Terminal

/// What one full screen shows and does: a value that messages change and that draws itself.
///
/// The screen of a session and the list to choose one from are two of them; ``FrameLoop`` and ``ScreenThread`` drive
/// either.
protocol ScreenState: Sendable {
  associatedtype Message: ScreenMessage
  associatedtype Effect: ScreenEffect

  var isASCII: Bool { get }
  /// Whether something on the screen changes with time alone.
  var showsTime: Bool { get }
  /// Whether the next frame will show more although nothing happens.
  var isSearching: Bool { get }
  /// The clock on the screen counts full seconds from here.
  var clockOrigin: Timestamp? { get }

  /// Takes in what happened and says what is to be done about it.
  mutating func update(_ message: Message, at time: Timestamp) -> [Effect]
  /// Brings what depends on the size of the screen up to date; once before each frame.
  mutating func settle(size: CellSize, at time: Timestamp) -> [Effect]
  /// Draws on a blank grid of the state's size.
  func draw(on grid: inout CellGrid)
}

/// What a screen learns; beside its own, each has these.
protocol ScreenMessage: Sendable {
  /// What a person did in one go.
  ///
  /// - Parameter continues: whether it belongs to the burst before.
  static func burst(_ events: [InputEvent], continues: Bool) -> Self
  /// A second passed.
  static var tick: Self { get }
}

/// What a screen asks of the world; beside its own, each has these.
protocol ScreenEffect {
  associatedtype Outcome: Sendable
  /// How the screen ends, when the effect is its end.
  var outcome: Outcome? { get }
  /// Whether everything is to be drawn again.
  var isRedraw: Bool { get }
  /// A program that is to have the terminal for a while.
  var command: [String]? { get }
  /// What is to be put where the person can paste it from.
  var copied: String? { get }
}

extension ScreenEffect {
  var command: [String]? { nil }
  var copied: String? { nil }
}

extension Message: ScreenMessage {}

extension Effect: ScreenEffect {
  var outcome: InterfaceOutcome? { if case .leave(let outcome) = self { outcome } else { nil } }
  var isRedraw: Bool { self == .redraw }
  var copied: String? { if case .copy(let text) = self { text } else { nil } }
  var command: [String]? {
    if case .show(let path, let kind) = self { TerminalProgram.command(kind, path) } else { nil }
  }
}

extension InterfaceState: ScreenState {
  var clockOrigin: Timestamp? { snapshot.opened }
}
