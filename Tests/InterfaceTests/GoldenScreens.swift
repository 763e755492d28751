import SessionModel
import Terminal

@testable import Interface

/// A screen that a golden is made of.
struct GoldenScreen: Sendable {
  let name: String
  let draw: @Sendable (_ isASCII: Bool, _ size: CellSize) -> CellGrid

  /// - Parameters:
  ///   - make: the session, as it is at a size.
  ///   - keys: what is pressed then.
  init(
    _ name: String, _ make: @escaping @Sendable (Bool, Int, Int) -> Fixture,
    _ act: @escaping @Sendable (inout Fixture) -> Void = { _ in }
  ) {
    self.name = name
    draw = { isASCII, size in
      var fixture = make(isASCII, size.rows, size.columns)
      act(&fixture)
      return fixture.screen()
    }
  }

  private static let busy: @Sendable (Bool, Int, Int) -> Fixture = {
    Fixture.busy(isASCII: $0, isFlat: false, rows: $1, columns: $2)
  }
  private static let failing: @Sendable (Bool, Int, Int) -> Fixture = {
    var fixture = Fixture.busy(isASCII: $0, rows: $1, columns: $2)
    fixture.move([5, 6], .failed, TaskResult(signal: 11, reason: "SIGSEGV: Segmentation fault (core dumped)"))
    return fixture
  }
  private static let ensembles: @Sendable (Bool, Int, Int) -> Fixture = {
    Fixture.ensembles(isASCII: $0, rows: $1, columns: $2)
  }

  static let all: [GoldenScreen] =
    MainView.allCases.dropFirst().map { view in
      GoldenScreen("\(view)", failing) { fixture in
        fixture.type(String(view.rawValue))
        if view == .failures { fixture.press(.enter) }
      }
    } + [
      GoldenScreen("starting", { Fixture(isASCII: $0, rows: $1, columns: $2) }),
      GoldenScreen("running", busy),
      GoldenScreen("ensembles", ensembles) { $0.press(.enter, .down, .down, .character(" ")) },
      GoldenScreen("detail", busy) { fixture in
        fixture.type("/failed")
        let effects = fixture.press(.enter, .enter)
        // On the smallest screen one shows the output at all.
        if fixture.state.layout.output == nil { fixture.press(.character("o")) }
        fixture.read(FakeOutput(lines: (1...10_000).map { "step \($0)  energy -\($0).5" }), after: effects)
      },
      GoldenScreen("filter", { Fixture.busy(isASCII: $0, rows: $1, columns: $2) }) {
        $0.press(.character(" "), .character(" "), .character(" "))
        $0.type("/simulate queued .1")
      },
      GoldenScreen("sort", ensembles) { $0.type("s") },
      GoldenScreen("columns", ensembles) { $0.type(",jj") },
      GoldenScreen("copy", busy) { $0.type("jy") },
      GoldenScreen("palette", busy) { $0.type(":can") },
      GoldenScreen("help", busy) { $0.type("?") },
      GoldenScreen("cancel", { Fixture.busy(isASCII: $0, rows: $1, columns: $2) }) { fixture in
        for _ in 0..<8 { fixture.press(.character(" ")) }
        fixture.press(.character("c"), .tab)
        fixture.type("too slow")
      },
      GoldenScreen("drain", busy) { $0.press(.character("D"), .right) },
      GoldenScreen("close", busy) { $0.type("Xclo") },
      GoldenScreen("rerun", failing) { $0.type("3x") },
      GoldenScreen("leave", busy) { $0.press(.character("q"), .down) },
      GoldenScreen("draining", busy) {
        $0.events(.sessionPhase(.draining, reason: "the queue is wrong"))
      },
      GoldenScreen("shutdown", { Fixture.closing(isASCII: $0, rows: $1, columns: $2) }),
      GoldenScreen("summary", { Fixture.closed(isASCII: $0, rows: $1, columns: $2) }),
      GoldenScreen(
        "read-only",
        {
          Fixture.busy(isReadOnly: true, isOwned: false, isASCII: $0, rows: $1, columns: $2, raptor: false)
        }
      ) { $0.wait(300) },
      GoldenScreen("host-gone", { Fixture.busy(isOwned: false, isASCII: $0, rows: $1, columns: $2) }) { fixture in
        fixture.link(LinkStatus(way: .files(delay: 1), host: .gone(since: fixture.now)))
        fixture.wait(420)
      },
      GoldenScreen("silent", { Fixture.busy(isReadOnly: true, isOwned: false, isASCII: $0, rows: $1, columns: $2) }) {
        fixture in
        fixture.link(
          LinkStatus(
            way: .files(delay: 1), host: .silent(since: fixture.now),
            problem: "the journal cannot be written (No space left on device): events are kept in memory"))
        fixture.wait(95)
      },
      GoldenScreen("replay", { Fixture.replay(isASCII: $0, rows: $1, columns: $2) }),
      GoldenScreen(picker: "picker") { PickerTests.state(isASCII: $0) },
      GoldenScreen(picker: "picker-programs") { PickerTests.programs(isASCII: $0) },
    ]

  /// The list of sessions.
  private init(picker name: String, _ make: @escaping @Sendable (Bool) -> PickerState) {
    self.name = name
    draw = { isASCII, size in
      var state = make(isASCII)
      state.size = size
      _ = state.update(.burst([.down], continues: false), at: Fixture.start)
      _ = state.settle(size: size, at: Fixture.start)
      return state.view()
    }
  }
}
