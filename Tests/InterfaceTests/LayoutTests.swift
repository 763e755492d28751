import SessionModel
import Terminal
import Testing
import Words

@testable import Interface

@Suite struct LayoutTests {
  @Test func panesNeverOverlapOrLeaveTheScreen() {
    for rows in 1...100 {
      for columns in stride(from: 1, through: 300, by: Self.thoroughRows.contains(rows) ? 1 : 7) {
        for content in Self.contents {
          let layout = Layout(size: CellSize(rows: rows, columns: columns), content: content)
          guard !layout.isTooSmall else { continue }
          let panes = layout.panes
          for (index, pane) in panes.enumerated() {
            let isInside =
              pane.row >= 0 && pane.column >= 0 && pane.height > 0 && pane.width > 0 && pane.endRow <= rows
              && pane.endColumn <= columns
            if !isInside { Issue.record("\(pane) leaves \(columns)x\(rows)") }
            for other in panes[(index + 1)...] where pane.intersects(other) {
              Issue.record("\(pane) and \(other) overlap at \(columns)x\(rows)")
            }
          }
          if !content.hasDetail, content.view.hasTasks, content.shutdownPhases == 0, (layout.tasks?.height ?? 0) < 4 {
            Issue.record("no room for tasks at \(columns)x\(rows)")
          }
        }
      }
    }
  }

  /// Heights at which panes come and go.
  private static let thoroughRows: Set = [9, 10, 11, 12, 15, 17, 19, 20, 21, 22, 24, 30]

  private static let contents = [false, true].flatMap { raptor in
    [(0, false), (1, false), (0, true), (1, true)].flatMap { banner, timeline in
      [0, 4, 10].flatMap { phases in
        [(false, false), (true, false), (true, true)].flatMap { detail, output in
          (detail ? [.overview] : MainView.allCases).map { view in
            Layout.Content(
              hasRaptor: raptor, causes: phases, view: view, bannerLines: banner, hasTimeline: timeline,
              shutdownPhases: phases, hasDetail: detail, prefersOutput: output)
          }
        }
      }
    }
  }

  @Test(arguments: [false, true])
  func everyFrameFitsItsScreen(_ isASCII: Bool) {
    var fixtures = [
      Fixture.busy(isASCII: isASCII), Fixture.replay(isASCII: isASCII), Fixture.closing(isASCII: isASCII),
      Fixture.closed(isASCII: isASCII), Fixture.ensembles(isASCII: isASCII),
    ]
    var gone = Fixture.busy(isASCII: isASCII)
    gone.link(LinkStatus(way: .files(delay: 1), host: .gone(since: gone.now), problem: "the disk is full"))
    fixtures.append(gone)
    for keys: [InputEvent] in [
      [.enter], [.character("c"), .tab], [.character("X")], [.character("q")], [.character("?")], [.character("/")],
      [.character("s")], [.character(",")], [.right, .down], [.right, .down, .down, .character(" "), .character(">")],
      [.character("t")],
    ] {
      var fixture = Fixture.ensembles(isASCII: isASCII)
      for key in keys { fixture.press(key) }
      fixtures.append(fixture)
    }
    let sizes = [1, 5, 9, 10, 11, 13, 15, 17, 19, 20, 21, 22, 24, 30, 100]
    let widths = [1, 7, 39, 40, 41, 43, 50, 59, 60, 63, 64, 75, 80, 109, 110, 119, 120, 300]
    for index in fixtures.indices {
      for rows in sizes {
        for columns in widths {
          fixtures[index].state.size = CellSize(rows: rows, columns: columns)
          let grid = fixtures[index].screen()
          for row in 0..<rows {
            let text = grid.text(ofRow: row)
            if CellWidth.columns(of: text) > columns { Issue.record("row \(row) is too wide at \(columns)x\(rows)") }
            if isASCII, text.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E }) { Issue.record("not ASCII: \(text)") }
          }
        }
      }
    }
  }

  @Test func `counts do not touch the words behind them, whatever the width`() {
    var fixture = Fixture(isFlat: false)
    fixture.open(raptor: true)
    fixture.add("many", count: 300_000)
    fixture.move(0..<200, .agentExecuting)
    fixture.move(0..<120, .done)
    fixture.move(120..<150, .failed)
    for columns in 40...140 {
      fixture.state.size = CellSize(rows: columns % 2 == 0 ? 24 : 15, columns: columns)
      let text = fixture.screen().text
      #expect(
        text.firstMatch(of: /[0-9](running|queued|waiting|failed|canceled|done)/) == nil, "at \(columns):\n\(text)")
    }
  }

  @Test func tooSmallSaysSo() {
    var fixture = Fixture.busy(rows: 5, columns: 30)
    #expect(fixture.screen().text.hasPrefix("scalems-top needs 40 columns"))
  }

  @Test func monoUsesNoColourAndNoGrey() {
    for role in Style.Role.allCases {
      for isSelected in [false, true] {
        let look = Style(role, isSelected: isSelected).appearance(in: .mono)
        #expect(look.color == nil)
        #expect(!look.dim)
      }
    }
  }
}
