import Executor
import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

/// A short lack of something that is ours burns no task: real processes, whose limits and directories are taken away.
@Suite struct ShortageTests {
  private static func pauses(_ harness: EngineHarness) -> [String] {
    harness.events.compactMap { event in
      if case .log(.warning, let text) = event.kind, text.hasPrefix("dispatch pauses: ") { text } else { nil }
    }
  }

  private static func awaitPause(_ harness: EngineHarness) async throws {
    try await harness.wait(for: "the pause") { $0.pilot?.detail?.hasPrefix("dispatch pauses: ") ?? false }
  }

  /// The process that starts tasks: the agent, or the raptor.
  private static func starter(_ harness: EngineHarness, of label: String) async throws -> pid_t {
    try await harness.wait(for: "a running task") { snapshot in
      snapshot.tasks.task(named: label).flatMap { snapshot.tasks.details(of: $0)?.pid } != nil
    }
    return parent(of: try #require(try harness.details(label).pid))
  }

  private static func limitDescriptors(of pid: pid_t, to count: UInt) throws {
    // Glibc's module does not show it.
    typealias Prlimit =
      @convention(c) (pid_t, Int32, UnsafePointer<rlimit>?, UnsafeMutablePointer<rlimit>?) -> Int32
    let prlimit = unsafeBitCast(try #require(dlsym(nil, "prlimit")), to: Prlimit.self)
    var limit = rlimit(rlim_cur: count, rlim_max: 1024)
    try #require(prlimit(pid, Int32(RLIMIT_NOFILE.rawValue), &limit, nil) == 0)
  }

  @Test(arguments: [false, true])
  func `a directory that is away for a while fails no task`(hasScript: Bool) async throws {
    let harness = try localHarness()
    try await harness.executor.startup()
    let path = harness.directory.path
    #expect(rename(path, path + ".away") == 0)
    try await harness.executor.submit([
      shell("all", "echo here") {
        if hasScript { $0.preExec = ["true"] }
      }.members(20)
    ])
    try await Self.awaitPause(harness)
    #expect(rename(path + ".away", path) == 0)
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["DONE": 20] && summary.exitCode == 0)
    #expect(Self.pauses(harness).count == 1, "said once")
    #expect(harness.snapshot.log.contains { $0.text == "dispatch goes on" })
    #expect(try harness.details("all.19").attempt == 1, "no attempt")
    #expect(try harness.output("all.7") == "here\n")
  }

  @Test func `without descriptors nothing is started, nothing fails, and what ended frees some`() async throws {
    let harness = try localHarness(cores: 4)
    try await harness.executor.startup()
    try await harness.executor.submit([shell("first", "while [ ! -e ../../go ]; do sleep 0.05; done")])
    let agent = try await Self.starter(harness, of: "first")
    try Self.limitDescriptors(of: agent, to: 3)
    try await harness.executor.submit([
      shell("text", "cat") { $0.stdin = .text("text") }.members(3),
      shell("file", "cat") { $0.stdin = .file("in.txt") }.members(3), shell("plain", "true").members(3),
    ])
    try harness.directory.write("in", to: "in.txt")
    try await Self.awaitPause(harness)
    try Self.limitDescriptors(of: agent, to: 1024)
    try harness.directory.write("", to: "go")
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["DONE": 10])
    #expect(try harness.output("text.2") == "text" && harness.output("file.2") == "in")
    #expect(Self.pauses(harness).allSatisfy { $0.contains("Too many open files") })
  }

  @Test func `what a raptor cannot start is put back, too`() async throws {
    let harness = try localHarness(cores: 3, raptor: true)
    try await harness.executor.startup()
    try await harness.executor.submit([
      shell("first", "while [ ! -e ../../go ]; do sleep 0.05; done") { $0.raptor = true }
    ])
    let raptor = try await Self.starter(harness, of: "first")
    try Self.limitDescriptors(of: raptor, to: 3)
    var call = TaskDescription(name: "call")
    call.function = FunctionCall(module: "os", name: "getcwd")
    call.raptor = true
    try await harness.executor.submit([
      shell("program", "true") { $0.raptor = true }.members(4), WorkItem(call, shape: [2]),
    ])
    try await Self.awaitPause(harness)
    try Self.limitDescriptors(of: raptor, to: 1024)
    try harness.directory.write("", to: "go")
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["DONE": 7])
  }

  @Test func `what is put back can be canceled, and stays in the workflow when the session is stopped`() async throws {
    let harness = try localHarness()
    try await harness.executor.startup()
    let path = harness.directory.path
    #expect(rename(path, path + ".away") == 0)
    defer { rename(path + ".away", path) }
    try await harness.executor.submit([shell("all", "true").members(5)])
    try await Self.awaitPause(harness)
    let cancel = await harness.executor.perform(.cancel([TaskID(0), TaskID(3)]), sender: "ann")
    #expect(cancel.stage == .finished(.done("2 canceled")))
    await harness.executor.perform(.stop, sender: "ann")
    let summary = await harness.executor.waitUntilClosed()
    #expect(summary.tasks == ["CANCELED": 2, "NEW": 3] && summary.leftovers.isEmpty)
  }

  @Test func `a want that lasts ends the pilot, and the work stays in the workflow`() async throws {
    let harness = try localHarness(patience: 0.5)
    try await harness.executor.startup()
    let path = harness.directory.path
    #expect(rename(path, path + ".away") == 0)
    defer { rename(path + ".away", path) }
    try await harness.executor.submit([shell("all", "true").members(5)])
    let summary = await harness.executor.waitUntilClosed()
    #expect(summary.tasks == ["NEW": 5] && summary.exitCode == 1 && summary.leftovers.isEmpty)
    #expect(harness.snapshot.pilot?.state == .failed)
    #expect(harness.snapshot.pilot?.detail?.hasPrefix("nothing could be started for 0.5 s: ") ?? false)
  }

  @Test func `the task's own faults are its own`() async throws {
    let harness = try localHarness()
    try harness.directory.write("no program", to: "plain.txt")
    let summary = try await harness.run([
      WorkItem(TaskDescription(name: "missing", argv: ["no-such-program"])),
      WorkItem(TaskDescription(name: "absent", argv: ["/nowhere/program"])),
      WorkItem(TaskDescription(name: "noexec", argv: [harness.directory.path + "/plain.txt"])),
      shell("input", "cat") { $0.stdin = .file("nowhere.txt") },
      shell("staging", "true") { $0.inputs = [StagingDirective(source: "nowhere.txt", target: "x")] },
      shell("fine", "true"),
    ])
    #expect(summary.tasks == ["FAILED": 5, "DONE": 1])
    #expect(Self.pauses(harness).isEmpty)
  }
}

extension WorkItem {
  fileprivate func members(_ count: Int) -> WorkItem {
    var item = self
    item.shape = [count]
    return item
  }
}
