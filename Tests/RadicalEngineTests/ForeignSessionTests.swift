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

    @Test func `what is seen from the beginning, and from the files alone afterwards, is what its program says`()
      async throws
    {
      let script = try ForeignProgram()
      let program = try script.start((0..<40).map { $0 == 7 ? "exit 3" : $0 == 8 ? "kill -9 $$" : "sleep 0.1" })
      let watched = try await attach(program)
      let result = try await program.finish(seconds: 120)
      #expect(result.exitCode == 0, "\(result)")
      try await wait(for: "the end") { watched.now.phase == .closed }
      let truth = try truth(script)
      #expect(truth.count == 40)
      let directory = try #require(watched.now.info?.directory)
      let site = try #require(RadicalSite(directory: directory, home: script.place.path + "/home"))
      for snapshot in [watched.now, RadicalSource(site, nil).load()] {
        #expect(states(snapshot) == truth.mapValues { $0[0] as? String })
        for number in 0..<snapshot.tasks.count {
          let details = try #require(snapshot.tasks.details(of: TaskID(number)))
          let uid = snapshot.tasks.uid(of: details.id)
          #expect(details.exitCode == (truth[uid]?[1] as? Int).map { Int32($0) }, "\(uid)")
          #expect(details.label == "sim \(Int(uid.suffix(6)) ?? -1)")
        }
        #expect(snapshot.summary?.tasks == ["DONE": 38, "FAILED": 2] && snapshot.pilot?.state.isFinal == true)
      }
      let failed = try #require(watched.now.tasks.details(of: TaskID(7)))
      #expect(failed.reason == "no such 7" && failed.state == .failed)
      let request = OutputRequest(
        number: 1, output: OutputID(TaskID(7), .stdout), kind: .page(.end), before: 5, after: 5)
      let answer = await withCheckedContinuation { answered in
        watched.source.read(request) { answered.resume(returning: $0) }
      }
      guard case .page(let page) = answer.result else { throw TestError("no output: \(answer)") }
      #expect(page.lines.map(\.text) == ["out 7"])
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
      program.signal(SIGKILL)
      _ = try await program.finish()
      if isRemoved { try FileManager.default.removeItem(atPath: "\(script.place.path)/\(session)") }
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
