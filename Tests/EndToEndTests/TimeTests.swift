import TestSupport
import Testing

/// Times are those of a clock that hung on the wall then; times of another day say which.
@Suite struct TimeTests {
  @Test func `each time has the offset of its own date, in the log and on the screen`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 0)
    let journal = try #require(session.place.text("s/journal.jsonl"))
    let header = try #require(journal.split(separator: "\n").first)
    let opened = try #require(journal.split(separator: "\n").first { $0.contains("session.opened") })
      .replacing(/"t":[0-9.]+/) { _ in #""t":1750000000"# }
    // 2025-07-01 and 2025-12-01, both 12:00 UTC: summer and winter of a zone that has both.
    let lines = [(1_751_371_200, "summer"), (1_764_590_400, "winter")].map { time, text in
      #"{"t":\#(time),"from":"executor","event":"log","level":"info","text":"in \#(text)"}"#
    }
    let all = [String(header), String(opened)] + lines
    try session.place.write(all.joined(separator: "\n") + "\n", to: "s/journal.jsonl")
    let zone = ["TZ": "CET-1CEST,M3.5.0,M10.5.0/3"]
    let log = try await session.run("log", "s", environment: zone).stdout
    #expect(log == "2025-07-01 14:00:00 in summer\n2025-12-01 13:00:00 in winter\n")
    let terminal = try await session.terminal(columns: 100, rows: 30, environment: zone)
    try await terminal.run("$SCALEMS_TOP watch s")
    let screen = try await terminal.wait(forText: "in winter")
    // However long ago: a screen of another year has the year.
    #expect(
      screen.contains("2025-07-01 14:00:00 in summer") && screen.contains("2025-12-01 13:00:00 in winter"), "\(screen)")
    try await terminal.press("q")
  }
}
