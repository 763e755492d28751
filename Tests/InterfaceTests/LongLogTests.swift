import SessionModel
import Terminal
import Testing
import Words

@testable import Interface

/// What is long in the log can be read whole there: why a pilot failed, above all.
@Suite struct LongLogTests {
  private static let reason =
    "pilot.0000 did not start: bulk launch failed | psij.exceptions.SubmitException: sbatch: error: Batch job submission "
    + "failed: Invalid account or account/partition combination specified (/home/ada/s/radical/rp.session/pmgr.log)"

  @Test(arguments: [(50, 80), (24, 120), (60, 200)])
  func `no word is cut`(_ size: (rows: Int, columns: Int)) {
    var fixture = Fixture(rows: size.rows, columns: size.columns)
    fixture.open()
    fixture.add("a")
    fixture.events(.log(.info, "before"), .log(.error, Self.reason))
    let shown = fixture.screen().text.split(separator: "\n").joined().filter { !" │".contains($0) }
    #expect(shown.contains(Self.reason.filter { $0 != " " }), "\(fixture.screen().text)")
    fixture.events(.log(.info, "after"))
    #expect(fixture.screen().text.contains("after"), "\(fixture.screen().text)")
  }

  @Test func `entries stand in their order, each with its time once`() {
    var fixture = Fixture(rows: 60, columns: 80)
    fixture.open()
    fixture.events(.log(.info, "one"), .log(.warning, Self.reason), .log(.info, "three"))
    let lines = fixture.screen().text.split(separator: "\n").map(String.init)
    let at = ["one", "pilot.0000 did", "three"].map { word in lines.lastIndex { $0.contains(word) } ?? -1 }
    #expect(at[0] >= 0 && at[0] + 1 == at[1] && at[2] > at[1] + 2, "\(lines)")
    let time = Format.timeOfDay(Fixture.start.local(in: .fixed(0)))
    #expect(lines[at[0]..<at[2]].count { $0.contains(time) } == 2)
  }

  @Test func `what does not fit is cut at its end`() {
    var fixture = Fixture(rows: 24, columns: 80)
    fixture.open()
    fixture.events(.log(.info, "before"), .log(.error, Self.reason))
    let text = fixture.screen().text
    #expect(text.contains("pilot.0000 did not start: bulk launch failed"), "\(text)")
  }

  /// A text that does not end costs no more than the pane is high.
  @Test func `a text without an end is drawn as far as there is room`() {
    var fixture = Fixture(rows: 24, columns: 80)
    fixture.open()
    fixture.events(.log(.error, String(repeating: "x", count: 1_000_000)))
    #expect(fixture.screen().text.contains("xxxxxxxxxxxxxxx"))
  }
}
