import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@Suite struct ExternalCommandTests {
  @Test func whatAProgramSaysAndHowItEnds() async throws {
    let outcome = try #require(
      await ExternalCommand.run(
        "sh", ["-c", "printf out; printf err >&2; exit $N"], environment: [("N", "3")], limit: .seconds(20)))
    #expect(outcome.status == 3 && outcome.stdout == "out" && outcome.stderr == "err")
    #expect(await ExternalCommand.run("sh", ["-c", "kill -TERM $$"], limit: .seconds(20))?.status == 128 + SIGTERM)
    #expect(await ExternalCommand.run("pwd", directory: "/", limit: .seconds(20))?.stdout == "/\n")
    #expect(await ExternalCommand.run("no-such-program", limit: .seconds(20)) == nil)
    #expect(await ExternalCommand.run("sh", searchPath: "/nowhere", limit: .seconds(20)) == nil)
    #expect(await ExternalCommand.run("/etc/passwd", limit: .seconds(20)) == nil)
  }

  @Test func muchOutputDoesNotBlock() async throws {
    let count = Mutex(0)
    let outcome = try #require(
      await ExternalCommand.run(
        "sh", ["-c", "head -c 20000000 /dev/zero; head -c 300000 /dev/zero >&2"], limit: .seconds(60),
        onOutput: { bytes in count.withLock { $0 += bytes.count } }))
    #expect(outcome.status == 0 && outcome.stdout.utf8.count == 16 << 20 && outcome.stderr.utf8.count == 300_000)
    #expect(count.withLock { $0 } == 20_000_000)
  }

  @Test func aChildThatKeepsThePipeIsNotWaitedFor() async throws {
    let mark = "600.\(Int.random(in: 100_000...999_999))"
    let outcome = await ExternalCommand.run("sh", ["-c", "sleep \(mark) & echo said"], limit: .seconds(30))
    #expect(outcome?.status == 0 && outcome?.stdout == "said\n")
    for pid in processes(matching: "sleep\u{0}\(mark)") { kill(pid, SIGKILL) }
  }

  @Test func theLimitAndCancellationKillTheGroup() async throws {
    for isLimited in [true, false] {
      let mark = "600.\(Int.random(in: 100_000...999_999))"
      let task = Task {
        await ExternalCommand.run(
          "sh", ["-c", "trap '' TERM; sleep \(mark) & sleep \(mark)"],
          limit: isLimited ? .milliseconds(300) : .seconds(60))
      }
      if !isLimited {
        try await wait(for: "the processes") { processes(matching: "sleep\u{0}\(mark)").count == 2 }
        task.cancel()
      }
      #expect(await task.value == nil)
      try await wait(for: "their end") { processes(matching: mark).isEmpty }
    }
  }
}
