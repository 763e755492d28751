import Glibc
import Leftovers
import Platform
import TestSupport
import Testing

/// Processes that a session left, real ones.
@Suite struct ProcessTests {
  @Test func processesAreFoundByDirectoryCommandLineAndEnvironment() async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    let elsewhere = try TemporaryDirectory()
    let other = try session.start("exec sleep 600", in: elsewhere.path)
    let directory = try session.start("exec sleep 600")
    let bootstrap = "/x/\(session.id)/pilot.0000//bootstrap_0.sh"
    let line = try session.start("exec bash -c 'sleep 600; :' '\(bootstrap)'", in: elsewhere.path)
    // Those look at it, or work with what it made.
    let strangers = try [
      session.id, "scalems-top events \(session.id) --follow", "tail -f /x/\(session.id)/pilot.0000/bootstrap_0.out",
      "\(bootstrap).bak", "rsync /x/\(session.id)/ /y",
    ].map { try session.start("exec bash -c 'sleep 600; :' '\($0)'", in: elsewhere.path) }
    let task = try session.start("export RP_SESSION_ID=\(session.id); exec sleep 600", in: elsewhere.path)
    // The id of another session, of which this one is the beginning.
    let longer = try session.start("sleep 600; : \(session.id)1", in: elsewhere.path)
    // What one of them started is a part, too.
    try await session.wait(forProcesses: 4, leftovers)
    let ids = Set(leftovers.processes().map(\.id))
    let started = ProcessTable().descendants(of: line.pid).map(\.pid)
    #expect(ids == Set(([directory, line, task].map(\.pid) + started).map { "\($0)" }))
    #expect(leftovers.processes().allSatisfy { $0.kind == .process && $0.words.contains("sleep") })
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(([other, longer] + strangers).allSatisfy { isAlive($0.pid) } && !isAlive(directory.pid))
  }

  /// A screen that reads the session's files at the moment, `tail -f` of its log: only who writes them is a part of it.
  @Test func `who reads its files is no part of it, who writes them is`() async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    let elsewhere = try TemporaryDirectory()
    let files = ["reg.init.json", "proxy.log"].map { "\(session.id).\($0)" }
    for file in files { try elsewhere.write("", to: file) }
    let readers = try files.map {
      try session.start("exec 9< \($0); : > read.\($0); exec sleep 600", in: elsewhere.path)
    }
    try await wait(for: "the readers") { files.allSatisfy { elsewhere.exists("read.\($0)") } }
    let writers = try [("<>", files[0]), (">>", files[1])].map { mode, file in
      try session.start("exec 9\(mode) \(file); exec sleep 600", in: elsewhere.path)
    }
    try await session.wait(forProcesses: 2, leftovers)
    #expect(Set(leftovers.processes().map(\.id)) == Set(writers.map { "\($0.pid)" }))
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(readers.allSatisfy { isAlive($0.pid) })
  }

  /// Servers, notebooks, copies: users work in the directories of their sessions, with and without a terminal.
  @Test(arguments: [
    "exec sleep 600", "exec bash -c 'sleep 600; :' http.server", "exec sleep 600 > http.log 2>&1",
    "exec sleep 600 > pilot.0000.out", "exec sleep 600 < bootstrap_0.out", "exec tail -f bootstrap_0.out",
    "mkdir task.000000 && cd task.000000 && exec sleep 600 > results.out",
    "exec bash -c 'sleep 600; :' /x/radical-pilot-notes.py radical-pilot-agent_0",
  ])
  func `who works in its directory is no part of it`(line: String) async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    try session.place.write("", to: "\(session.id)/pilot.0000/bootstrap_0.out")
    let user = try session.start(line, in: session.directory)
    let task = try session.start("exec sleep 600")
    try await session.wait(forProcesses: 1, leftovers)
    #expect(leftovers.processes().map(\.id) == ["\(task.pid)"])
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(isAlive(user.pid))
  }

  /// RADICAL-Pilot's own programs before they have their titles, whatever prints to a task's files, and what descends from
  /// any of them, without a word of the session in its environment and wherever it works.
  @Test(arguments: [
    ("ln -s /bin/sleep radical-pilot-bridge; exec ./radical-pilot-bridge 600", 1),
    ("exec env -i sleep 600 > bootstrap_0.out", 1),
    ("mkdir task.000000; cd task.000000; exec 2> task.000000.err; cd /; exec env -i sleep 600", 1),
    ("RP_TASK_ID=t exec bash -c '(cd /; exec setsid env -i sleep 600) & sleep 600; :'", 3),
    ("RP_TASK_ID=t exec bash -c '(cd /; env -i sleep 600 &); sleep 600; :'", 3),
  ])
  func `what RADICAL-Pilot started is a part of it, and what that started`(line: String, count: Int) async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    let user = try session.start("exec sleep 600", in: session.directory)
    let part = try session.start(line + "; :", in: session.directory)
    try await session.wait(forProcesses: count, leftovers)
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(isAlive(user.pid))
    _ = try await part.finish()
  }

  /// RADICAL-Pilot's launcher ends while Slurm has not answered it; a wrapper of the site's is a script.
  @Test(arguments: [("squeue", true), ("sbatch", true), ("squeue", false), ("squeue.log", false), ("sleep", true)])
  func `what was asked of a queue and outlived who asked is a part of it`(name: String, isOrphan: Bool) async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    let isPart = name != "sleep" && name != "squeue.log" && isOrphan
    try session.place.write("sleep 600; :", to: "\(name)")
    let script =
      "exec setsid bash -c 'bash \(session.place.path)/\(name) -u 0 & echo $! > pid; \(isOrphan ? ":" : "wait")'"
    let asker = try session.start(script, in: session.directory)
    let file = "\(session.id)/pilot.0000/pid"
    try await wait(for: "the command") { session.place.text(file)?.hasSuffix("\n") ?? false }
    let command = try #require(session.place.text(file).flatMap { pid_t($0.dropLast()) })
    defer { for pid in ProcessTable().descendants(of: command).map(\.pid) + [command] { kill(pid, SIGKILL) } }
    if isOrphan { _ = try await asker.finish() }
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(isAlive(command) != isPart)
    if !isOrphan { asker.signal(SIGKILL) }
  }

  @Test func sIGTERMIsEnoughForWhoHeedsIt() async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    let polite = try session.start("trap 'exit 7' TERM; : > ready; while :; do sleep 0.05; done")
    try await wait(for: "the trap") { session.place.exists("\(session.id)/pilot.0000/ready") }
    #expect(await leftovers.end(grace: .seconds(30)).isEmpty)
    #expect(try await polite.finish().exitCode == 7)
  }

  @Test func whoIgnoresSIGTERMIsKilled() async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    let stubborn = try session.start("trap '' TERM; : > ready; while :; do sleep 0.05; done")
    let stopped = try session.start("kill -STOP $$; exec sleep 600")
    try await wait(for: "the trap") { session.place.exists("\(session.id)/pilot.0000/ready") }
    try await wait(for: "the stop") { (try? readFile("/proc/\(stopped.pid)/stat"))?.contains(0x54) ?? false }
    #expect(await leftovers.end(grace: .milliseconds(300)).isEmpty)
    #expect(try await stubborn.finish().exitCode == -SIGKILL)
    #expect(try await stopped.finish().exitCode == -SIGKILL)
  }

  @Test func processesThatAppearMeanwhileAreEnded() async throws {
    let session = try FakeSession()
    let leftovers = RadicalLeftovers(of: session.record())
    // At its end it starts another, in a session of its own.
    try session.start("trap 'setsid sleep 600 & exit' TERM; : > ready; while :; do sleep 0.05; done")
    try await wait(for: "the trap") { session.place.exists("\(session.id)/pilot.0000/ready") }
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(leftovers.processes().isEmpty)
  }

  @Test func theGroupOfTheHelperIsTheSessions() async throws {
    let session = try FakeSession()
    let elsewhere = try TemporaryDirectory()
    let helper = try session.start("sleep 601 & sleep 602", in: elsewhere.path)
    let leftovers = RadicalLeftovers(of: session.record(helper: helper.pid))
    try await session.wait(forProcesses: 3, leftovers)
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(!isAlive(helper.pid))
  }

  @Test func aGroupOfTheSameNumberIsNobodys() async throws {
    let session = try FakeSession()
    let elsewhere = try TemporaryDirectory()
    let other = try session.start("sleep 601 & sleep 602", in: elsewhere.path)
    var record = session.record(helper: other.pid)
    record.helperStart += 1
    #expect(RadicalLeftovers(of: record).processes().isEmpty)
    // A member in the session's directory shows that it is the session's still, also without the helper.
    let member = try session.start(
      "(cd '\(session.directory)' && RP_TASK_ID=t exec sleep 602) & exec sleep 601", in: elsewhere.path)
    record = session.record(helper: member.pid)
    record.helperStart += 1
    let leftovers = RadicalLeftovers(of: record)
    // The leader, too: a group cannot change hands while it has members.
    try await session.wait(forProcesses: 2, leftovers)
    #expect(await leftovers.end(grace: .seconds(5)).isEmpty)
    #expect(isAlive(other.pid))
  }

  @Test func anotherMachinesProcessesAreNotOurs() async throws {
    let session = try FakeSession()
    try session.start("exec sleep 600")
    var record = session.record()
    try await session.wait(forProcesses: 1, RadicalLeftovers(of: record))
    record.host = "another"
    #expect(RadicalLeftovers(of: record).processes().isEmpty)
    #expect(await RadicalLeftovers(of: record).end(grace: .zero).isEmpty)
    record.host = machineName()
    #expect(await RadicalLeftovers(of: record).end(grace: .seconds(5)).isEmpty)
  }

  @Test(arguments: ["", "/", ".", "sleep", "rp.session", "/home/someone/x"]) func aBrokenIDFindsNothing(id: String) {
    var record = RadicalRecord(session: id, helper: 1, resource: "r", rpSession: id)
    for group in [-1, 0, 1, getpgrp()] {
      record.group = group
      #expect(RadicalLeftovers(of: record).processes().isEmpty)
    }
  }

  @Test func thisProcessIsSpared() async throws {
    var record = RadicalRecord(session: "s", helper: getpid(), resource: "r")
    record.group = getpgrp()
    // Something that is in the command line of this process.
    record.rpSession = CommandLine.arguments[0].split(separator: "/").last.map(String.init)
    let found = RadicalLeftovers(of: record).processes()
    #expect(!found.contains { $0.id == "\(getpid())" || $0.id == "\(getppid())" })
  }
}
