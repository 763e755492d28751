import Glibc
import Platform
import TestSupport
import Testing

extension ForeignTests {
  /// A program that opens two sessions: what is done to one leaves the other alone.
  @Suite struct TwoSessionTests {
    private static let script = """
      import os, time
      import radical.pilot as rp
      def opened():
          session = rp.Session()
          pmgr = rp.PilotManager(session=session); tmgr = rp.TaskManager(session=session)
          tmgr.add_pilots(pmgr.submit_pilots(rp.PilotDescription(
              {'resource': 'local.localhost', 'runtime': 15, 'cores': 2, 'exit_on_error': False})))
          tmgr.submit_tasks([rp.TaskDescription({'executable': '/bin/sleep', 'arguments': ['1000']})])
          return session, tmgr
      first, _ = opened()
      second, tmgr = opened()
      open('ids', 'w').write(first.uid + ' ' + second.uid)
      try:
          time.sleep(1000)  # it ends by an interrupt alone
      finally:
          second.close(download=False)
          os._exit(0)  # RADICAL-Pilot would wait for what of the first is gone
      """

    private func wait(_ script: ForeignProgram, for what: String, _ arguments: String...) async throws {
      var patience = Patience(seconds: 90)
      while true {
        let result = try await Program.run(
          scalemsTop, arguments, in: script.place.path, environment: script.environment, seconds: 60)
        if result.stdout.contains("running") { return }
        try patience.spend(on: what, seeing: "\(result)")
      }
    }

    @Test func `the second one goes on when the first is told to end`() async throws {
      let script = try ForeignProgram(Self.script)
      let program = try script.start([])
      try await TestSupport.wait(for: "both", seconds: 120) { (script.place.text("ids") ?? "").contains(" ") }
      let ids = (script.place.text("ids") ?? "").split(separator: " ").map(String.init)
      try await wait(script, for: "the second's task", "tasks", ids[1])
      let list = try await script.scalemsTop("list")
      #expect(list.stdout.contains(ids[0]) && list.stdout.contains(ids[1]), "\(list)")
      let close = try await script.scalemsTop("close", "--now", ids[0])
      #expect(close.exitCode == 0 && close.stderr.contains("and is not interrupted"), "\(close)")
      let left = script.processes.filter { (linkTarget("/proc/\($0)/cwd") ?? "").contains(ids[0]) }
      #expect(left.isEmpty)
      #expect(isAlive(program.pid))
      try await wait(script, for: "the second's task", "tasks", ids[1])
      #expect(try await script.scalemsTop("close", ids[1]).exitCode == 0)
      _ = try await program.finish(seconds: 60)
      // Of a session that is closed while tasks run RADICAL-Pilot leaves these.
      for id in ids { _ = try await script.scalemsTop("doctor", "--orphans", "--yes", id) }
      try await TestSupport.wait(for: "all processes to be gone", seconds: 30) { script.processes.isEmpty }
    }
  }
}
