import SessionModel
import Terminal
import TestSupport
import Testing
import Words

@testable import Interface

/// What must be on every screen, whatever its size.
@Suite struct EssentialsTests {
  /// Every one where something comes or goes, and some others, the same ones every time.
  private static let sizes: [CellSize] = {
    var numbers = SeededNumbers(5)
    let rows = [10, 11, 12, 13, 15, 17, 19, 20, 24, 30, 40, 60, 100]
    let columns = [40, 41, 50, 59, 60, 64, 76, 80, 100, 119, 120, 160, 200, 300]
    let corners = [
      CellSize(rows: 10, columns: 40), CellSize(rows: 100, columns: 300), CellSize(rows: 10, columns: 300),
      CellSize(rows: 100, columns: 40),
    ]
    return corners
      + (0..<18).map { _ in
        CellSize(
          rows: rows.randomElement(using: &numbers) ?? 24, columns: columns.randomElement(using: &numbers) ?? 80)
      }
      + (0..<6).map { _ in
        CellSize(rows: .random(in: 1...100, using: &numbers), columns: .random(in: 1...300, using: &numbers))
      }
  }()

  /// Texts of which one must be there.
  private static let essentials: [String: [[String]]] = [
    "running": [["RUNNING"], ["running 6", "R6"], ["failed 1", "F1"], ["queued 10", "Q10"], ["simulate"]],
    "ensembles": [["RUNNING"], ["running 6", "R6"], ["failed 2", "F2"], ["done 42", "D42"], ["1 marked"]],
    "tasks": [["RUNNING"], ["running 4", "R4"], ["failed 3", "F3"], ["simulate.6"]],
    "failures": [["RUNNING"], ["SIGSEGV"], ["simulate.4"]],
    "pilot": [["RUNNING"], ["session.0042"]],
    "log": [["RUNNING"], ["SIGSEGV"]],
    "detail": [["step 10000"]],
    "cancel": [["Cancel these 8 tasks?"], ["too slow"], ["Enter"], ["Esc"]],
    "drain": [["Drain the session?"], ["[ No ]"], ["[ Yes ]"]],
    "close": [["Close the session?"], ["Type close and Enter clo"], ["Esc"], ["its time", "…"]],
    "rerun": [["Run these 2 tasks again?"], ["[ No ]"]],
    "leave": [["Stay"], ["Leave it running"], ["Close the session"], ["session.0042"]],
    "draining": [["DRAINING"], ["the queue is wrong"]],
    "shutdown": [["CLOSING"], ["cancel running tasks", "cancel"]],
    "summary": [["CLOSED"], ["Exit status 4"], ["process 4242", "more below"], ["scalems-top run"], ["--resume"]],
    "read-only": [["READ-ONLY"]], "host-gone": [["HOST GONE"]], "silent": [["silent 1m", "no sign of life for 1m"]],
    "replay": [["REPLAY"]], "picker-programs": [["free_e"], ["rp.ses"]],
    "picker": [["session.0041"], ["session.0042"]], "help": [["help"]],
    "palette": [["commands"], [": can"]], "sort": [["sort by"]], "columns": [["columns"]], "copy": [["copy"]],
    "filter": [["simulate queued .1"], ["3 marked"]], "starting": [["no session yet"]],
  ]

  @Test(arguments: GoldenScreen.all.map(\.name))
  func `what a person must know is on every screen that is large enough`(_ name: String) throws {
    let screen = try #require(GoldenScreen.all.first { $0.name == name })
    let essentials = try #require(Self.essentials[name], "say what must be on \(name)")
    for (number, size) in Self.sizes.enumerated() {
      let grid = screen.draw(number % 3 == 0, size)
      // Wide or narrow, a count is one.
      let text = grid.text.replacing(/([RQWFCD]) +([0-9])/) { "\($0.1)\($0.2)" }
      for row in 0..<size.rows where CellWidth.columns(of: grid.text(ofRow: row)) > size.columns {
        Issue.record("row \(row) is too wide at \(size.columns)x\(size.rows)")
      }
      guard size.rows >= Layout.minimum.rows, size.columns >= Layout.minimum.columns else { continue }
      // A text may go on in the next line.
      let words = text.replacing(/\s*\n\s*/, with: " ")
      for texts in essentials where !texts.contains(where: words.contains) {
        Issue.record("\(texts) is not on \(name) at \(size.columns)x\(size.rows):\n\(text)")
        return
      }
      // How it goes on from here.
      if !["q", "Esc", "Enter"].contains(where: grid.text(ofRow: size.rows - 1).contains) {
        Issue.record("no key on \(name) at \(size.columns)x\(size.rows):\n\(text)")
        return
      }
    }
  }
}
