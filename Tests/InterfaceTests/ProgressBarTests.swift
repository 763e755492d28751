import Testing

@testable import Interface

@Suite struct ProgressBarTests {
  private func bar(_ total: Int, _ finished: Int, running: Int = 0, failed: Int = 0, canceled: Int = 0) -> ProgressBar {
    var bar = ProgressBar()
    (bar.total, bar.finished, bar.running, bar.failed, bar.canceled) = (total, finished, running, failed, canceled)
    return bar
  }

  @Test func `says how far, and what goes wrong`() {
    #expect(
      bar(40, 12, running: 4, failed: 1).line(columns: 80)
        == "[#########.....................] 12/40  4 running  1 failed")
    #expect(bar(0, 0).line(columns: 80) == "[..............................] 0/0  0 running")
  }

  @Test func `gives up what runs first, then what was canceled, and the counts last`() {
    let bar = bar(1_000_000, 999_999, running: 1, failed: 333_333, canceled: 333_333)
    #expect(bar.line(columns: 60) == "999999/1000000  1 running  333333 failed  333333 canceled")
    #expect(bar.line(columns: 50) == "999999/1000000  333333 failed  333333 canceled")
    #expect(bar.line(columns: 40) == "[######.] 999999/1000000  333333 failed")
    #expect(bar.line(columns: 28) == "[#########.] 999999/1000000")
    #expect(bar.line(columns: 10) == "[######.]")
  }

  @Test func `never fills its line`() {
    for columns in 0...300 {
      for total in [0, 1, 7, 1000, 1_000_000, .max] {
        let bar = bar(total, total / 2, running: total / 4, failed: total / 8, canceled: total / 8)
        #expect(bar.line(columns: columns).count < max(1, columns))
      }
    }
  }
}
