import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct ProcessUseTests {
  @Test func `a tree of processes is measured as one, with what has ended of it`() async throws {
    let busy = "sh -c 'while :; do :; done'"
    let program = try Program("/bin/sh", ["-c", "timeout 0.3 \(busy); \(busy) & wait"])
    defer { kill(-program.pid, SIGKILL) }
    try await wait(for: "the shell and one that was busy for half a second with it") {
      ProcessUse(of: program.pid).map { $0.processes == 2 && $0.processor > 0.5 } ?? false
    }
    let first = try #require(ProcessUse(of: program.pid))
    #expect(first.memory > 100_000)
    try await wait(for: "more of it") { (ProcessUse(of: program.pid)?.processor ?? 0) > first.processor }
  }

  @Test func `what is not there is not measured`() {
    #expect(ProcessUse(of: 0x7FFF_FFF0) == nil)
    #expect(ProcessUse(of: -1) == nil)
    #expect((ProcessUse(of: getpid())?.processes ?? 0) >= 1)
  }
}
