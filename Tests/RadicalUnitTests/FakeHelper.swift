import Executor
import Glibc
import Leftovers
import Platform
import Synchronization
import TestSupport

@testable import RadicalEngine

/// A virtual environment whose Python is a script that plays the helper: how the real one fails cannot be arranged.
final class FakeHelper: Sendable {
  let place: TemporaryDirectory
  private let events = Mutex<[RadicalHelper.Event]>([])

  /// - Parameter body: what it does, in Python, after the definitions of `say`, `hello` and `requests`.
  init(_ body: String) throws {
    place = try TemporaryDirectory()
    for name in ["venv", "venv/bin", "radical"] { mkdir("\(place.path)/\(name)", 0o700) }
    try place.write("", to: "venv/bin/activate")
    try place.write(
      """
      import json, os, signal, subprocess, sys, time
      def say(**members):
          sys.stdout.write(json.dumps(members) + "\\n")
          sys.stdout.flush()
      def hello(**more):
          say(event="hello", protocol=1, python="3.0.0", **more)
      def requests():
          for line in sys.stdin:
              # The real one's program comes first.
              if line.startswith('{"id":'):
                  yield json.loads(line)
      \(body)
      """, to: "venv/helper.py")
    let python = packageRoot + "/Tests/RadicalUnitTests/fake_python"
    guard symlink(python, venv + "/bin/python") == 0 else { throw TestError("no link to \(python)") }
  }

  var venv: String { place.path + "/venv" }

  func start(silence: Duration = .seconds(30)) throws -> RadicalHelper {
    try RadicalHelper(
      session: "scalems.unit.test", venv: venv, directory: HeldDirectory(place.path).directory("radical").directory,
      environment: [:], silence: silence
    ) { [weak self] new in
      // Its helper outlives a test by a moment; the directory must not.
      self?.events.withLock { $0 += new }
    }
  }

  /// - Parameter searchPath: where Slurm's programs are.
  func engine(searchPath: String? = nil) -> RadicalEngine {
    RadicalEngine(registry: LinkDirectory(directory: place.path + "/sessions"), searchPath: searchPath)
  }

  /// A session on it, with everything in its directory.
  ///
  /// - Parameter engine: a new one when `nil`.
  func harness(_ engine: RadicalEngine? = nil, resource: String? = nil, raptor: Bool = false) throws -> EngineHarness {
    var limits = TimeLimits.radical
    limits.startup = .seconds(15)
    return try EngineHarness(
      engine ?? self.engine(),
      configuration: RuntimeConfiguration(
        resource: resource, targetVenv: venv, enableRaptor: raptor, cores: 2, limits: limits, engines: [.radical]))
  }

  /// Why the helper was lost; `nil` when it was not.
  var losses: [String] {
    events.withLock { $0.compactMap { if case .lost(let why) = $0 { why } else { nil } } }
  }

  var hasEndedInOrder: Bool { events.withLock { $0.contains { if case .ended = $0 { true } else { false } } } }

  var messages: [HelperMessage] {
    events.withLock { $0.compactMap { if case .message(let message) = $0 { message } else { nil } } }
  }

  var logs: [String] { messages.compactMap { if case .log(_, let text) = $0 { text } else { nil } } }

  var hasSaidHello: Bool { messages.contains { if case .hello = $0 { true } else { false } } }

  /// Processes that work in its directory, or were started from there.
  var left: [pid_t] {
    ProcessTable().entries.values.filter { entry in
      !entry.isZombie
        && ((linkTarget("/proc/\(entry.pid)/cwd") ?? "").hasPrefix(place.path)
          || ProcessTable.commandLine(of: entry.pid).contains(place.path))
    }.map(\.pid)
  }

  deinit { for pid in left { kill(pid, SIGKILL) } }
}
