import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Platform

@Suite(.serialized) struct SignalThreadTests {
  private final class Heard: Sendable {
    let numbers = Mutex<[Int32]>([])
  }

  @Test func `signals come to the thread, in their order`() async throws {
    let heard = Heard()
    let thread = try SignalThread([SIGUSR1, SIGUSR2]) { number in heard.numbers.withLock { $0.append(number) } }
    defer { withExtendedLifetime(thread) {} }
    for (count, number) in [SIGUSR1, SIGUSR2, SIGUSR1].enumerated() {
      kill(getpid(), number)
      try await wait(for: "the signal") { heard.numbers.withLock { $0.count } == count + 1 }
    }
    #expect(heard.numbers.withLock { $0 } == [SIGUSR1, SIGUSR2, SIGUSR1])
  }

  @Test func `room for threads is found, and a lack of memory told`() throws {
    try ThisProcess.requireRoom(threads: 4)
    #expect(throws: (any Error).self) { try ThisProcess.requireRoom(threads: 1, memory: 1 << 47) }
  }
}
