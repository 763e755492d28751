import Terminal
import Testing

@testable import Interface

@Suite struct HelpTests {
  @Test func `the help is walked from its start to its end and back, and says which keys do that`() {
    var fixture = Fixture.busy()
    fixture.press(.character("?"), .character("G"))
    #expect(fixture.screen().text.contains("leave the screen"))
    let end = fixture.state.help
    fixture.press(.pageDown, .down, .end)
    #expect(fixture.state.help == end)
    fixture.press(.up)
    #expect(fixture.state.help == end.map { $0 - 1 })
    fixture.press(.home)
    #expect(fixture.screen().text.contains("Move"))
    let keys = fixture.screen().text(ofRow: 23)
    #expect(keys.contains("Esc closes") && !keys.contains("cancel"))
    fixture.press(.escape, .character("s"))
    #expect(fixture.screen().text(ofRow: 23).contains("Enter sort"))
  }
}
