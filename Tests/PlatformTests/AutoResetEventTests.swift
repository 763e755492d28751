import Platform
import Testing

@Suite struct AutoResetEventTests {
  @Test func `what was set before ends one wait, however often it was set`() {
    let event = AutoResetEvent()
    event.set()
    event.set()
    #expect(event.wait(atMost: .zero))
    #expect(!event.wait(atMost: .zero))
    event.set()
    event.reset()
    #expect(!event.wait(atMost: .milliseconds(1)))
  }

  @Test(arguments: [Duration.seconds(-5), .zero, .nanoseconds(1), .milliseconds(1999) / 100])
  func `a wait ends by its limit`(limit: Duration) {
    let begin = ContinuousClock.now
    #expect(!AutoResetEvent().wait(atMost: limit))
    #expect(.now - begin >= limit)
  }

  @Test func `a wait without an end is ended from another thread`() {
    let event = AutoResetEvent()
    #expect(startThread { event.set() })
    #expect(event.wait(atMost: .seconds(Int64.max)))
  }
}
