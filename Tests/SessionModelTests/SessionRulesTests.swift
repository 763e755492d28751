import SessionModel
import Testing
import Work

@Suite struct SessionRulesTests {
  private func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }

  @Test func `texts have limits of bytes`() {
    #expect(SessionRules.fault(inReason: nil) == nil && SessionRules.fault(inReason: text(4096)) == nil)
    #expect(SessionRules.fault(inReason: text(4097))?.contains("4096 bytes") ?? false)
    #expect(SessionRules.fault(inReason: String(repeating: "é", count: 2049)) != nil)
    // One character, as people count.
    #expect(SessionRules.fault(inReason: "e" + String(repeating: "\u{301}", count: 5000)) != nil)
    #expect(SessionRules.fault(inName: text(200)) == nil && SessionRules.fault(inName: text(201)) != nil)
    #expect(SessionRules.fault(in: CommandSender(user: "ann", origin: "login1 pts/3", request: "r")) == nil)
    #expect(SessionRules.fault(in: CommandSender(user: "ann", origin: text(257))) != nil)
    #expect(SessionRules.fault(in: CommandSender(user: "ann", request: text(257))) != nil)
    #expect(SessionRules.fault(in: CommandSender(user: text(257))) != nil)
  }

  @Test func `tasks say a short reason, and refer to a long one`() {
    func reason(_ reason: String?) -> String {
      CommandRecord(id: 12, verb: .cancel, sender: "ann", reason: reason, stage: .requested).reasonOfTasks
    }
    #expect(reason(nil) == "canceled by ann")
    #expect(reason("wrong input") == "canceled by ann: wrong input")
    let long = reason(String(repeating: "é", count: 2000))
    #expect(long.hasPrefix("canceled by ann: éé") && long.hasSuffix("\u{2026} (command 12)"))
    #expect(long.utf8.count < 120)
    #expect(reason("e" + String(repeating: "\u{301}", count: 2000)).utf8.count < 120)
  }
}
