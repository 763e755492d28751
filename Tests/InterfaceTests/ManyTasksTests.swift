import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct ManyTasksTests {
  private static func million(_ count: Int = 1_000_000) -> Fixture {
    var fixture = Fixture()
    fixture.open()
    fixture.add("member", count: count, argv: ["echo", "{member}"])
    return fixture
  }

  @Test func aMillionTasksCanBeWalked() {
    var fixture = Self.million()
    #expect(fixture.screen().text.contains("1/1,000,000"))
    fixture.press(.character("G"))
    #expect(fixture.state.currentTask == TaskID(999_999))
    #expect(fixture.screen().text.contains("member.999999"))
    fixture.move([999_999], .agentExecuting)
    #expect(fixture.screen().text.contains("1/1,000,000"))
    fixture.press(.pageUp, .pageDown, .character("g"), .enter, .escape)
  }

  @Test func filteringManyTasksGoesInSteps() {
    var fixture = Self.million(120_000)
    fixture.type("/member.5555")
    #expect(fixture.state.isSearching)
    #expect(fixture.screen().text.contains("% searched"))
    var steps = 0
    while fixture.state.isSearching {
      fixture.settle()
      steps += 1
    }
    #expect(steps >= 1)
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 11)
    // A word for a group needs no search.
    fixture.press(.enter, .escape)
    fixture.type("/waiting")
    #expect(!fixture.state.isSearching)
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 120_000)
  }

  @Test func whatAllMembersShareIsFoundAtOnce() {
    var fixture = Self.million(100_000)
    fixture.type("/MEMB")
    while fixture.state.isSearching { fixture.settle() }
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 100_000)
  }

  @Test func aFilterSeesTasksThatComeLater() {
    var fixture = Fixture.busy()
    fixture.type("/epilog")
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 0)
    fixture.add("epilogue", count: 3)
    fixture.settle()
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 3)
    #expect(fixture.state.order.task(atRow: 2, fixture.state.snapshot.tasks) == TaskID(42))
  }

  @Test func filterMatchesUidNameCommandAndGroup() {
    var fixture = Fixture.busy()
    func count(_ text: String) -> Int {
      fixture.press(.escape)
      fixture.type("/" + text)
      fixture.press(.enter)
      return fixture.state.order.count(fixture.state.snapshot.tasks)
    }
    #expect(count("task.000012") == 1)
    #expect(count("simulate.1") == 11)
    #expect(count("GROMPP") == 1)
    #expect(count("member3") == 9)
    #expect(count("failed canceled") == 2)
    #expect(count("failed simulate") == 1)
    #expect(count("解析") == 1)
    #expect(count("nothing like it") == 0)
  }
}
