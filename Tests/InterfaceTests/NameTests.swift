import SessionModel
import Terminal
import Testing
import Work
import Words

@testable import Interface

/// Text that people and tasks wrote, of any width.
@Suite struct NameTests {
  private static let sizes = [(24, 80), (15, 50), (60, 200), (10, 40)]

  @Test(
    arguments: sizes,
    ["molecular-dynamics-of-lysozyme", "分子动力学模拟与自由能计算", "e\u{301}quilibration-du-système", "🧪🧪🧪🧪🧪🧪🧪🧪🧪"])
  func `the number of a member is always seen`(_ size: (rows: Int, columns: Int), _ name: String) {
    for isASCII in [false, true] {
      var fixture = Fixture(isASCII: isASCII, rows: size.rows, columns: size.columns)
      fixture.open()
      fixture.add(name, count: 100)
      fixture.move(0..<40, .agentExecuting)
      fixture.press(.end)
      #expect(fixture.screen().text.contains(".99"), "\(fixture.screen().text)")
      fixture.press(.home, .character("c"))
      #expect(fixture.screen().text.contains(".0 ") && fixture.screen().text.contains("running"))
      fixture.press(.escape, .enter)
      #expect(fixture.screen().text.contains(".0 "), "\(fixture.screen().text)")
    }
  }

  @Test(arguments: sizes)
  func `no text of a reason is lost, and its blanks are kept`(_ size: (rows: Int, columns: Int)) {
    let reason = "错误：没有找到拓扑文件，请检查输入目录和力场设置。exit    code  😀😀 e\u{301}nd，模拟在第一万步之后停止了"
    var fixture = Fixture(rows: max(size.rows, 24), columns: size.columns)
    fixture.open()
    fixture.add("a")
    fixture.move([0], .failed, TaskResult(exitCode: 1, reason: reason))
    fixture.press(.enter)
    let shown = fixture.screen().text.split(separator: "\n").joined().filter { !" │─".contains($0) }
    #expect(shown.contains(reason.filter { $0 != " " }), "\(fixture.screen().text)")
    let lines = fixture.state.factLines(of: TaskID(0), width: size.columns - 2).filter {
      $0.label == "reason" || $0.label == ""
    }
    #expect(lines.contains { $0.value.contains("exit    code") } || size.columns < 60)
  }

  @Test func `a reason that is typed shows its end, whatever its characters`() {
    var fixture = Fixture.busy()
    fixture.press(.character("c"), .tab)
    fixture.type(String(repeating: "错误", count: 60) + "終")
    #expect(fixture.screen().text.contains("終"))
  }
}
