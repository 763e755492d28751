import Glibc
import Leftovers
import Platform
import TestSupport
import Testing

/// `scalems-top doctor --orphans`: what dead sessions left.
@Suite(.serialized) struct OrphanTests {
  /// A registered session whose helper and host are gone.
  private static func orphan(
    _ registry: LinkDirectory, _ session: FakeSession, change: (inout RadicalRecord) -> Void = { _ in }
  ) throws -> String {
    var record = session.record()
    record.owner = nil
    change(&record)
    try record.write(to: HeldDirectory(session.place.path))
    try registry.add(record.session, directory: session.place.path)
    return record.session
  }

  private let state: TemporaryDirectory
  private let registry: LinkDirectory

  init() throws {
    state = try TemporaryDirectory()
    registry = LinkDirectory(directory: "\(state.path)/scalems-top/radical")
  }

  private func run(
    _ arguments: String..., path: String? = nil, isReadOnly: Bool = false
  ) async throws -> Program.Result {
    var environment = ["XDG_STATE_HOME": state.path]
    if isReadOnly { environment["SCALEMS_TOP_READ_ONLY"] = "1" }
    if let path { environment["PATH"] = "\(path):/usr/bin:/bin" }
    return try await Program.run(scalemsTop, ["doctor", "--orphans"] + arguments, environment: environment)
  }

  @Test func nothingIsLeft() async throws {
    let result = try await run()
    #expect(result.exitCode == 0 && result.stdout == "Nothing is left of dead sessions.\n" && result.stderr.isEmpty)
    // A slip of the hand is no good news.
    let slip = try await run("scalems.nosuch")
    #expect(slip.exitCode == 0)
    #expect(slip.stdout == "Nothing is left of session 'scalems.nosuch', or there is none of that id.\n")
    // A session without a record, one without leftovers, one whose directory is gone.
    let empty = try TemporaryDirectory()
    try registry.add("scalems.none", directory: empty.path)
    try registry.add("scalems.gone", directory: "\(empty.path)/gone")
    let session = try FakeSession()
    _ = try Self.orphan(registry, session)
    #expect(try await run("--yes").exitCode == 0)
    #expect(registry.all().isEmpty)
  }

  @Test func withoutATerminalOrphansAreOnlyListed() async throws {
    let session = try FakeSession()
    let process = try session.start("exec sleep 600")
    let id = try Self.orphan(registry, session)
    let result = try await run()
    #expect(result.exitCode == 1 && result.stderr.isEmpty)
    #expect(result.stdout.contains("\(id): dead") && result.stdout.contains("  process \(process.pid) (sleep 600)\n"))
    #expect(result.stdout.contains("Nothing was ended") && isAlive(process.pid) && registry.all().map(\.id) == [id])
  }

  @Test func withYesTheyAreEnded() async throws {
    let (first, second) = (try FakeSession(), try FakeSession())
    let processes = [try first.start("exec sleep 600"), try second.start("trap '' TERM; echo > ready; exec sleep 600")]
    let ids = [try Self.orphan(registry, first), try Self.orphan(registry, second)]
    try await wait(for: "the trap") { second.place.exists("\(second.id)/pilot.0000/ready") }
    let result = try await run("--yes")
    #expect(result.exitCode == 0 && ids.allSatisfy { result.stdout.contains("\($0): ended\n") })
    #expect(processes.allSatisfy { !isAlive($0.pid) } && registry.all().isEmpty)
  }

  @Test func readOnlyEndsNothing() async throws {
    let session = try FakeSession()
    let process = try session.start("exec sleep 600")
    let id = try Self.orphan(registry, session)
    let result = try await run("--yes", isReadOnly: true)
    #expect(result.exitCode == 1 && result.stdout.contains(id) && result.stdout.contains("SCALEMS_TOP_READ_ONLY"))
    #expect(isAlive(process.pid))
  }

  @Test func aLiveSessionIsNotTouched() async throws {
    let session = try FakeSession()
    let helper = try session.start("exec sleep 600")
    let owned = try FakeSession()
    let process = try owned.start("exec sleep 600")
    let ids = [
      try Self.orphan(registry, session) {
        $0.helper = helper.pid; $0.helperStart = ProcessIdentity(of: helper.pid)?.start ?? 0
      },
      // Its host is this process.
      try Self.orphan(registry, owned) { $0.owner = getpid() },
    ]
    let result = try await run("--yes")
    #expect(result.exitCode == 0 && result.stdout.contains("\(ids[0]): live, but its scalems-top is gone"))
    #expect(result.stdout.contains("\(ids[1]): live\n"))
    #expect(isAlive(helper.pid) && isAlive(process.pid) && registry.all().count == 2)
  }

  @Test func anotherMachinesSessionIsNotTouched() async throws {
    let session = try FakeSession()
    let process = try session.start("exec sleep 600")
    let id = try Self.orphan(registry, session) { $0.host = "login2" }
    let broken = try TemporaryDirectory()
    try broken.write("{", to: "radical.json")
    try registry.add("scalems.broken", directory: broken.path)
    let result = try await run("--yes")
    #expect(result.exitCode == 0 && result.stdout.contains("\(id): of another machine, look there: login2\n"))
    #expect(result.stdout.contains("scalems.broken: \(broken.path)/radical.json is no record"))
    #expect(isAlive(process.pid) && registry.all().count == 2)
  }

  @Test func whatCannotBeEndedIsNamed() async throws {
    let slurm = try TemporaryDirectory()
    try slurm.write("#!/bin/sh\necho 'JOBID|WORK_DIR|STATE|REASON'; echo '12|/|RUNNING|None'\n", to: "squeue")
    try slurm.write("#!/bin/sh\nexit 1\n", to: "scancel")
    let session = try FakeSession()
    let id = try Self.orphan(registry, session) { $0.jobs = ["12"] }
    let result = try await run("--yes", path: slurm.path)
    #expect(result.exitCode == 4 && result.stderr == "left behind: Slurm job 12 (RUNNING)\n")
    #expect(registry.all().map(\.id) == [id])
  }

  @Test func onATerminalItAsksAndTheDefaultIsNo() async throws {
    let session = try FakeSession()
    let process = try session.start("exec sleep 600")
    _ = try Self.orphan(registry, session)
    let terminal = try await Tmux(columns: 120, in: state.path, environment: ["XDG_STATE_HOME": state.path])
    try await terminal.run("$SCALEMS_TOP doctor --orphans; echo exit=$?")
    try await terminal.wait(forText: "End 1 process(es)? [y/N]")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "exit=1")
    #expect(isAlive(process.pid))
    try await terminal.run("clear; $SCALEMS_TOP doctor --orphans; echo exit=$?")
    try await terminal.wait(forText: "End 1 process(es)? [y/N]")
    try await terminal.run("y")
    try await terminal.wait(forText: "exit=0")
    #expect(!isAlive(process.pid))
  }
}
