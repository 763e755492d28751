import Foundation
import Platform
import RadicalWatch
import TestSupport
import Testing

/// Everything about sessions that other programs opened, one at a time, beside those of our own: a session is some forty
/// processes, most of which wait.
@Suite(.serialized) enum ForeignTests {}

/// What is interrupted or killed: programs of `exec`, hosts and helpers of our own sessions. Beside the others, too.
@Suite(.serialized) enum InterruptedTests {}

/// A plain script of RADICAL-Pilot, in a directory and with a home of its own, and what users ask of its session.
final class ForeignProgram {
  /// Takes shell commands, and an id for its session if there is to be one; says at the end what became of each task.
  static let script = """
    import json, sys
    import radical.pilot as rp
    session = rp.Session(uid=sys.argv[2]) if sys.argv[2:] else rp.Session()
    try:
        pmgr = rp.PilotManager(session=session)
        tmgr = rp.TaskManager(session=session)
        pilot = pmgr.submit_pilots(rp.PilotDescription(
            {'resource': 'local.localhost', 'runtime': 15, 'cores': 8, 'exit_on_error': False}))
        tmgr.add_pilots(pilot)
        tasks = tmgr.submit_tasks([rp.TaskDescription(
            {'uid': 'sim.%06d' % i, 'name': 'sim %d' % i, 'executable': '/bin/sh',
             'arguments': ['-c', 'echo out %d; echo "no such %d" >&2; %s' % (i, i, command)]})
            for i, command in enumerate(json.loads(sys.argv[1]))])
        tmgr.wait_tasks()
        print(sorted(t.state for t in tasks), flush=True)
        json.dump({t.uid: [t.state, t.exit_code] for t in tasks}, open('truth.json', 'w'))
    finally:
        session.close(download=False)
    """

  let place: TemporaryDirectory
  /// The environment with radical.pilot that it is started in.
  let venv: String

  /// - Parameters:
  ///   - line: the beginning of the line of the script that `more` goes before.
  convenience init(before line: String, _ more: String) throws {
    try self.init(Self.script.replacing(line, with: more + "\n    " + line))
  }

  init(_ script: String = ForeignProgram.script) throws {
    place = try TemporaryDirectory()
    venv = try FirstRequest.isHeard.environment(in: place)
    try place.write(script, to: "script.py")
    try FileManager.default.createDirectory(atPath: place.path + "/home", withIntermediateDirectories: true)
  }

  /// A test that failed leaves none, either.
  deinit { for pid in processes { kill(pid, SIGKILL) } }

  static let python = radicalVenv + "/bin/python"

  var environment: [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "PATH": venv + "/bin:" + path, "HOME": place.path + "/home", "VIRTUAL_ENV": venv,
      // RADICAL-Pilot makes its directory in $PWD.
      "PWD": place.path, "XDG_STATE_HOME": place.path + "/state", "OMPI_ALLOW_RUN_AS_ROOT": "1",
      "SCALEMS_TOP_OWN_ONLY": "0",
      "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]
  }

  static func list(_ commands: [String]) throws -> String {
    String(decoding: try JSONEncoder().encode(commands), as: UTF8.self)
  }

  /// - Parameter name: the session's id; RADICAL-Pilot makes one when `nil`.
  func start(_ commands: [String], named name: String? = nil) throws -> Program {
    try Program(
      Self.python, ["script.py", try Self.list(commands)] + (name.map { [$0] } ?? []), in: place.path,
      environment: environment)
  }

  func scalemsTop(_ arguments: String..., seconds: Double = 60) async throws -> Program.Result {
    try await Program.run(
      TestSupport.scalemsTop, arguments, in: place.path, environment: environment, seconds: seconds)
  }

  /// The ids of the sessions that were opened here.
  var sessions: [String] {
    directoryEntries(place.path).filter { RadicalSite.isThere("\(place.path)/\($0)") }.sorted()
  }

  /// Everything that runs below the test's directory.
  var processes: [pid_t] {
    ProcessTable().entries.values.filter { entry in
      !entry.isZombie && entry.pid != getpid()
        && (linkTarget("/proc/\(entry.pid)/cwd") ?? "").appending("/").hasPrefix(place.path + "/")
    }.map(\.pid)
  }
}
