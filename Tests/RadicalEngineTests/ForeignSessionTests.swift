import Foundation
import Platform
import RadicalWatch
import SessionModel
import Synchronization
import TestSupport
import Testing
import Work

extension ForeignTests {
  /// A session that a plain script of RADICAL-Pilot opened: found, watched, acted upon and ended without its help.
  @Suite struct ForeignSessionTests {
    private final class Watched: Sendable {
      let snapshot = Mutex(SessionSnapshot())
      let source: RadicalSource

      init(_ source: RadicalSource) {
        self.source = source
        source.open { [self] update in
          if case .snapshot(let new) = update { snapshot.withLock { $0 = new } }
        }
      }

      var now: SessionSnapshot { snapshot.withLock { $0 } }
      deinit { source.close() }
    }

    private func sighting(_ program: Program) -> RadicalSighting? {
      RadicalSighting.all().first { $0.owner?.pid == program.pid }
    }

    private func attach(_ program: Program) async throws -> Watched {
      try await wait(for: "the session's record", seconds: 60) { sighting(program)?.site != nil }
      let found = try #require(sighting(program))
      return Watched(RadicalSource(try #require(found.site), found, origin: "test", isReadOnly: false))
    }

    private func states(_ snapshot: SessionSnapshot) -> [String: String] {
      var states: [String: String] = [:]
      for number in 0..<snapshot.tasks.count {
        let id = TaskID(number)
        states[snapshot.tasks.uid(of: id)] = snapshot.tasks.state(of: id).name
      }
      return states
    }

    private func truth(_ script: ForeignProgram) throws -> [String: [Any?]] {
      let data = try Data(contentsOf: URL(fileURLWithPath: script.place.path + "/truth.json"))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: [Any?]])
    }

    /// Programs, programs that fail, calls of functions by the raptor, one of which fails; it ends when a file is there.
    private static let mixture = """
      @rp.pythontask
          def twice(number): return 2 * number
          raptor = pilot.submit_raptors([rp.TaskDescription({'mode': rp.RAPTOR_MASTER, 'uid': 'scheduler'})])[0]
          raptor.submit_workers([rp.TaskDescription(
              {'mode': rp.RAPTOR_WORKER, 'raptor_class': 'DefaultWorker', 'ranks': 1, 'cores_per_rank': 2})])
          calls = raptor.submit_tasks(
              [rp.TaskDescription({'uid': 'eval.%d' % i, 'mode': rp.TASK_EVAL, 'code': code, 'raptor_id': 'scheduler'})
               for i, code in enumerate(['1 + 1', '1 / 0'])] +
              [rp.TaskDescription({'uid': 'call.%d' % i, 'mode': rp.TASK_FUNCTION, 'function': twice(i),
                                   'raptor_id': 'scheduler'}) for i in range(4)])
          tasks += calls
          tmgr.wait_tasks([t.uid for t in tasks])
          json.dump({t.uid: [t.state, t.exit_code] for t in tasks}, open('truth.json', 'w'))
          sys.exit()  # its raptor does not end by itself
      """

    @Test func `what is seen from the beginning, from the middle, and from the files alone is what its program says`()
      async throws
    {
      let script = try ForeignProgram(before: "tmgr.wait_tasks()", Self.mixture)
      let place = script.place
      let held = "while [ ! -e \(place.path)/go ]; do sleep 0.2; done"
      let program = try script.start(
        (0..<40).map { $0 == 7 ? "exit 3" : $0 == 8 ? "kill -9 $$" : $0 == 39 ? held : "sleep 0.1" })
      let first = try await attach(program)
      let session = try #require(sighting(program))
      let stopped = try await stoppedWatcher(of: session, place)
      try await wait(for: "the middle", seconds: 120) { first.now.tasks.finished >= 10 }
      let middle = try await attach(program)
      // What the last one uses: RADICAL-Pilot names no process.
      let last = try task("sim.000039", first.now)
      try await wait(for: "the last task", seconds: 60) { first.now.tasks.state(of: last).phase == .running }
      let use = await withCheckedContinuation { seen in first.source.measure([last: nil]) { seen.resume(returning: $0) }
      }
      #expect((use[last]?.memory ?? 0) > 100_000)
      try await check(stopped, of: session)
      try place.write("", to: "go")
      let result = try await program.finish(seconds: 120)
      #expect(result.exitCode == 0, "\(result)")
      try await wait(for: "the end") { first.now.phase == .closed && middle.now.phase == .closed }
      let truth = try truth(script)
      #expect(truth.count == 46 && truth["eval.1"]?[0] as? String == "FAILED")
      let directory = try #require(first.now.info?.directory)
      let site = try #require(RadicalSite(directory: directory, home: place.path + "/home"))
      for snapshot in [first.now, middle.now, RadicalSource(site, nil).load()] {
        // Raptor and worker are tasks, too, of which a program is told nothing that they end by.
        #expect(states(snapshot).filter { truth[$0.key] != nil } == truth.mapValues { $0[0] as? String })
        #expect(snapshot.tasks.count == 48 && snapshot.tasks.finished == 48)
        for number in 0..<snapshot.tasks.count {
          let details = try #require(snapshot.tasks.details(of: TaskID(number)))
          let uid = snapshot.tasks.uid(of: details.id)
          guard let said = truth[uid] else { continue }
          #expect(details.exitCode == (said[1] as? Int).map { Int32($0) }, "\(uid)")
          if uid.hasPrefix("sim") { #expect(details.label == "sim \(Int(uid.suffix(6)) ?? -1)") }
        }
        #expect(snapshot.pilot?.state.isFinal == true)
      }
      let failed = try #require(first.now.tasks.details(of: try task("sim.000007", first.now)))
      #expect(failed.reason == "no such 7" && failed.state == .failed)
      let request = OutputRequest(
        number: 1, output: OutputID(failed.id, .stdout), kind: .page(.end), before: 5, after: 5)
      let answer = await withCheckedContinuation { answered in
        first.source.read(request) { answered.resume(returning: $0) }
      }
      guard case .page(let page) = answer.result else { throw TestError("no output: \(answer)") }
      #expect(page.lines.map(\.text) == ["out 7"])
    }

    private func task(_ uid: String, _ snapshot: SessionSnapshot) throws -> TaskID {
      try #require((0..<snapshot.tasks.count).map { TaskID($0) }.first { snapshot.tasks.uid(of: $0) == uid })
    }

    /// A screen on a session that is stopped, as by a debugger or a suspended laptop, while the session goes on.
    private final class StoppedWatcher {
      let terminal: Tmux
      let pid: pid_t
      let since = ContinuousClock.now
      /// KiB of the bridge of states by then.
      let memory: Int

      init(_ terminal: Tmux, _ pid: pid_t, memory: Int) {
        (self.terminal, self.pid, self.memory) = (terminal, pid, memory)
        kill(pid, SIGSTOP)
      }

      deinit { kill(pid, SIGCONT) }
    }

    private func stoppedWatcher(of session: RadicalSighting, _ place: TemporaryDirectory) async throws -> StoppedWatcher
    {
      let terminal = try await Tmux(
        columns: 120, rows: 30, in: place.path, environment: ["SCALEMS_TOP_OWN_ONLY": "0"])
      // Below a shell: tmux itself makes go on what it started and what is stopped.
      try await terminal.run("$SCALEMS_TOP watch \(session.session)")
      _ = try await terminal.wait(forText: "wire", seconds: 60)
      let watcher = try #require(
        ProcessTable().entries.values.first {
          ProcessTable.commandLine(of: $0.pid).hasSuffix("watch \(session.session)") && $0.terminal != 0
        }?.pid)
      return StoppedWatcher(terminal, watcher, memory: bridgeMemory(session))
    }

    /// The bridges give it up, and keep nothing for it; it comes back when it goes on, and knows what came meanwhile.
    private func check(_ watcher: StoppedWatcher, of session: RadicalSighting) async throws {
      // 08: the other end has closed, and this one has not.
      try await wait(for: "half a minute, and the bridges to give it up", seconds: 60) {
        watcher.since + .seconds(30) < .now && socketStates(of: watcher.pid) == ["08", "08"]
      }
      let (before, after) = (watcher.memory, bridgeMemory(session))
      print(
        "measured: memory of the bridge of states: \(before) KiB, and \(after) KiB when a watcher was stopped for "
          + "\(Int((ContinuousClock.now - watcher.since) / .seconds(1))) s")
      #expect(before > 0 && after < before + 16_384, "it keeps nothing for who does not take it")
      kill(watcher.pid, SIGCONT)
      try await wait(for: "its return", seconds: 30) { socketStates(of: watcher.pid) == ["01", "01"] }
      // Its shell has taken the terminal back.
      try await watcher.terminal.run("fg")
      try await watcher.terminal.wait(for: "what came meanwhile", seconds: 30) { $0.contains("failed 3") }
      try await watcher.terminal.press("q")
    }

    private func bridgeMemory(_ session: RadicalSighting) -> Int {
      for entry in ProcessTable().entries.values where linkTarget("/proc/\(entry.pid)/cwd") == session.directory {
        guard let status = try? readFile("/proc/\(entry.pid)/status") else { continue }
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        guard lines.first?.hasSuffix("rp.state_pubsub") ?? false || lines.first?.hasSuffix("rp.state_pubsu") ?? false,
          let line = lines.first(where: { $0.hasPrefix("VmRSS:") })
        else { continue }
        return Int(line.filter(\.isNumber)) ?? 0
      }
      return 0
    }

    /// Those of TCP, as `/proc/net/tcp` calls them.
    private func socketStates(of pid: pid_t) -> [String] {
      let inodes = Set(
        directoryEntries("/proc/\(pid)/fd").compactMap { linkTarget("/proc/\(pid)/fd/\($0)") }
          .filter { $0.hasPrefix("socket:[") }.map { String($0.dropFirst(8).dropLast()) })
      let table = (try? readFile("/proc/net/tcp")).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return table.split(separator: "\n").dropFirst().compactMap { line in
        let fields = line.split(separator: " ")
        return fields.count > 9 && inodes.contains(String(fields[9])) ? String(fields[3]) : nil
      }
    }

    @Test func `a task is canceled, and the session ended with nothing left`() async throws {
      let script = try ForeignProgram()
      let program = try script.start((0..<12).map { _ in "sleep 1000" })
      let watched = try await attach(program)
      try await wait(for: "tasks that run", seconds: 90) { watched.now.tasks.count(in: .running) == 8 }
      let queued = try #require(watched.now.tasks.ids(in: .queued).select(0))
      watched.source.send(.cancel([TaskID(0), queued]), reason: "a test")
      try await wait(for: "their end", seconds: 30) { watched.now.tasks.count(in: .canceled) == 2 }
      #expect(watched.now.commands.first?.stage.isFinished == true || watched.now.commands.count == 1)
      watched.source.send(.close(), reason: nil)
      let result = try await program.finish(seconds: 60)
      #expect(result.exitCode == 0, "\(result)")
      try await wait(for: "the end", seconds: 30) { watched.now.phase == .closed }
      let truth = try truth(script)
      // RADICAL-Pilot itself fails them once more when their pilot ends: the first end is how it went.
      let canceled = [watched.now.tasks.uid(of: TaskID(0)), watched.now.tasks.uid(of: queued)]
      #expect(canceled.allSatisfy { states(watched.now)[$0] == "CANCELED" })
      #expect(
        states(watched.now).filter { !canceled.contains($0.key) }
          == truth.filter { !canceled.contains($0.key) }.mapValues { $0[0] as? String })
      #expect(watched.now.summary?.leftovers == [])
      try await wait(for: "all processes to be gone", seconds: 30) { script.processes.isEmpty }
    }

    /// A program that waits for something else and takes no signal.
    @Test func `a program that does not end is named with what is its, and ended when that is asked for`() async throws
    {
      let script = try ForeignProgram(
        before: "tmgr.wait_tasks()",
        """
        import signal, time
            for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
            time.sleep(1000)
        """)
      let program = try script.start(["sleep 1000"])
      let watched = try await attach(program)
      try await wait(for: "the task", seconds: 90) { watched.now.tasks.count(in: .running) == 1 }
      watched.source.send(.close(), reason: nil)
      try await wait(for: "the question", seconds: 60) {
        watched.now.log.contains { $0.text.contains("processes are left: X ends them") }
      }
      #expect(isAlive(program.pid))
      #expect(
        watched.now.log.contains { $0.text.contains("process \(program.pid) (") }, "it is named: \(watched.now.log)")
      watched.source.send(.close(), reason: nil)
      #expect(try await program.finish(seconds: 30).exitCode == -SIGKILL)
      try await wait(for: "the end", seconds: 30) { watched.now.phase == .closed }
      #expect(watched.now.summary?.leftovers == [] && script.processes.isEmpty)
    }

    @Test func `a raptor is shown as it is, and canceled`() async throws {
      let script = try ForeignProgram(
        before: "tasks = tmgr.submit_tasks",
        """
        raptor = pilot.submit_raptors([rp.TaskDescription({'mode': rp.RAPTOR_MASTER, 'uid': 'scheduler'})])[0]
            raptor.submit_workers([rp.TaskDescription(
                {'mode': rp.RAPTOR_WORKER, 'raptor_class': 'DefaultWorker', 'ranks': 1, 'cores_per_rank': 2})])
            calls = raptor.submit_tasks([rp.TaskDescription(
                {'uid': 'call.%d' % i, 'mode': rp.TASK_EVAL, 'code': '__import__("time").sleep(%g)' % wait,
                 'raptor_id': 'scheduler'}) for i, wait in enumerate([0.1, 1000, 1000, 1000])])
            raptor.wait(['CANCELED', 'DONE', 'FAILED'])
            sys.exit()  # RADICAL-Pilot does not end its calls: to wait for them would be to wait for ever
        """)
      let program = try script.start([])
      let watched = try await attach(program)
      try await wait(for: "a call that ended, and two that run", seconds: 120) {
        let states = states(watched.now)
        return states["call.0"] == "DONE"
          && states.count { $0.key.hasPrefix("call") && $0.value == "AGENT_EXECUTING" } == 2
      }
      #expect(watched.now.raptor?.uid == "scheduler" && watched.now.raptor?.state == .agentExecuting)
      #expect(watched.now.tasks.raptorRunning == 2 && watched.now.coresInUse <= 8)
      watched.source.send(.cancelRaptor, reason: nil)
      try await wait(for: "the raptor's end", seconds: 30) { watched.now.raptor?.state == .canceled }
      try await wait(for: "the word of it") { watched.now.commands.first?.stage.isFinished ?? false }
      _ = try await program.finish(seconds: 60)
      try await wait(for: "the end", seconds: 30) { watched.now.phase == .closed }
      #expect(watched.now.tasks.finished == watched.now.tasks.count && watched.now.coresInUse == 0)
      try await wait(for: "all processes to be gone", seconds: 30) { script.processes.isEmpty }
    }

    /// Who names his sessions himself starts again in the same place, while the agent of the first one runs on.
    private func checkAgain(_ script: ForeignProgram, _ name: String) async throws {
      let program = try script.start((0..<2).map { _ in "sleep 1000" }, named: name)
      let watched = try await attach(program)
      var seen: Set<Int> = []
      try await wait(for: "its own tasks", seconds: 90) {
        seen.insert(watched.now.tasks.count)
        return watched.now.tasks.count(in: .running) == 2
      }
      #expect(seen.isSubset(of: [0, 2]) && watched.now.tasks.count == 2, "\(seen)")
      #expect(watched.now.pilot?.uid == "pilot.0001" && watched.now.coresInUse == 2)
      #expect(try await script.scalemsTop("status", name).stdout.contains("2: 2 running"))
      program.signal(SIGKILL)
      _ = try await program.finish()
    }

    /// Whether or not somebody has cleaned up after it, and whatever its program called it.
    @Test(arguments: [(false, "my_runs.7"), (true, nil)])
    func `of a program that was killed what it left is found, named and ended`(isRemoved: Bool, name: String?)
      async throws
    {
      let script = try ForeignProgram()
      let program = try script.start((0..<4).map { _ in "sleep 1000" }, named: name)
      let watched = try await attach(program)
      try await wait(for: "tasks that run", seconds: 90) { watched.now.tasks.count(in: .running) == 4 }
      let session = try #require(sighting(program)?.session)
      #expect(name.map { $0 == session } ?? session.hasPrefix("rp.session."))
      if isRemoved {
        try FileManager.default.removeItem(atPath: "\(script.place.path)/\(session)")
        for result in [try await script.scalemsTop("list"), try await script.scalemsTop("status", session)] {
          #expect(result.stderr.contains("lives, but its directory was removed"), "\(result)")
        }
      }
      program.signal(SIGKILL)
      _ = try await program.finish()
      if let name { try await checkAgain(script, name) }
      let list = try await script.scalemsTop("list")
      #expect(list.stdout.contains(session) != isRemoved, "without files nothing can be shown: \(list)")
      #expect(isRemoved || list.stdout.contains("dead"), "\(list)")
      // Others' sessions on this machine are left alone.
      let sweep = try await script.scalemsTop("doctor", "--orphans", "--yes", session)
      #expect(sweep.exitCode == 0 && sweep.stdout.contains("\(session): ended"), "\(sweep)")
      #expect(script.processes.isEmpty && sighting(program) == nil)
    }
  }
}
