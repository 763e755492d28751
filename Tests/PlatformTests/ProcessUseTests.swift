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

@Suite struct MarkedProcessTests {
  @Test func `what carries the mark of a task is measured with all that it started, once`() async throws {
    let session = "SCALEMS_TEST_MARK=\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    func start(_ task: String, _ line: String, mark: String) throws -> Program {
      let (name, value) = (mark.prefix { $0 != "=" }, mark.drop { $0 != "=" }.dropFirst())
      return try Program("/bin/sh", ["-c", line], environment: [String(name): String(value), "TASK": task])
    }
    let family = "sleep 1000 & env -i sleep 1000 & wait"
    let programs = try [
      start("a", family, mark: session), start("a", "exec sleep 1000", mark: session),
      start("b", "exec sleep 1000", mark: session), start("c", "exec sleep 1000", mark: session),
      // Its mark is longer.
      start("a", family, mark: session + "1"),
    ]
    defer { for program in programs { kill(-program.pid, SIGKILL) } }
    func uses() -> [String: ProcessUse] {
      MarkedProcesses.uses(with: session, by: "TASK", of: ["a", "b", "nowhere"])
    }
    try await wait(for: "all of them") { uses().mapValues(\.processes) == ["a": 4, "b": 1] }
    #expect(MarkedProcesses.uses(with: session + "0", by: "TASK", of: ["a"]).isEmpty)
  }
}
