import FoundationEssentials
import Glibc
import Platform
import TestSupport
import Testing

/// `scalems-top doctor`: what it finds, and what it says to do.
@Suite(.serialized) struct DoctorTests {
  private struct Outcome {
    var exitCode: Int32
    var text: String

    /// The line about a subject, and the one below it.
    func line(_ level: String, _ title: String) -> Bool {
      text.split(separator: "\n").contains { $0.hasPrefix("\(level) ") && $0.dropFirst(6).hasPrefix("\(title) ") }
    }
  }

  /// Runs it with nothing of this user's in reach.
  private static func run(
    _ place: TemporaryDirectory, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> Outcome {
    let own = [
      "HOME": place.path, "XDG_STATE_HOME": "", "XDG_DATA_HOME": "", "LC_ALL": "C.UTF-8",
      "RADICAL_CONFIG_USER_DIR": place.path,
    ]
    let result = try await Program.run(
      scalemsTop, ["doctor"] + arguments, in: place.path, environment: own.merging(environment) { $1 })
    #expect(result.stderr.isEmpty)
    return Outcome(exitCode: result.exitCode, text: result.stdout)
  }

  /// A virtual environment whose RADICAL-Pilot is a few lines; without one when `version` is `nil`.
  private static func makeVenv(_ place: TemporaryDirectory, version: String?) async throws {
    func makeDirectory(_ name: String) throws {
      try FileManager.default.createDirectory(atPath: "\(place.path)/\(name)", withIntermediateDirectories: true)
    }
    try makeDirectory("venv/bin")
    // By its path, so that it needs no PATH.
    let line = "import sys; print(sys.executable)"
    let python = try #require(await ExternalCommand.run("python3", ["-c", line], limit: .seconds(60))).stdout.dropLast()
    try place.write("#!/bin/sh\nPYTHONPATH='\(place.path)/lib' exec '\(python)' -S \"$@\"\n", to: "venv/bin/python")
    guard let version else { return }
    for name in ["pilot", "utils"] { try makeDirectory("lib/radical/\(name)") }
    try place.write("", to: "lib/radical/__init__.py")
    try place.write("version = '\(version)'\n", to: "lib/radical/pilot/__init__.py")
    try place.write(
      """
      def Config(module, name, expand):
          def endpoint(url): return {"job_manager_endpoint": url}
          return {"local": {"localhost": {"default_schema": "local", "resource_manager": "FORK",
                                          "schemas": {"local": endpoint("fork://localhost"), "other": "local"}}},
                  "big": {"slurm": {"default_schema": "local", "resource_manager": "SLURM",
                                    "schemas": {"local": endpoint("slurm://big/")}},
                          "far": {"default_schema": "ssh", "schemas": {"ssh": endpoint("slurm+ssh://big/")}}}}
      """, to: "lib/radical/utils/__init__.py")
    try place.write("", to: "venv/bin/activate")
    try place.write("#!\(place.path)/venv/bin/python\n", to: "venv/bin/radical-pilot-bridge")
  }

  @Test func aMachineForTheLocalEngineIsFine() async throws {
    let place = try TemporaryDirectory()
    let outcome = try await Self.run(place)
    #expect(outcome.exitCode == 0 && !outcome.text.contains("FAIL"))
    for title in ["terminal", "locale", "memory", "state", "sessions"] {
      #expect(outcome.line("ok", title), "\(title)")
    }
    #expect(outcome.text.contains("RADICAL-Pilot was not looked at") && !outcome.text.contains("\u{1b}"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty, "it only looks")
  }

  @Test func problemsComeWithWhatToDo() async throws {
    let place = try TemporaryDirectory()
    try place.write("", to: "scalems-sessions")
    let outcome = try await Self.run(place, environment: ["LC_ALL": "C", "XDG_STATE_HOME": "/proc/none"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.line("warn", "locale") && outcome.line("FAIL", "sessions"))
    let lines = outcome.text.split(separator: "\n")
    for (index, line) in lines.enumerated() where line.hasPrefix("warn") || line.hasPrefix("FAIL") {
      #expect(lines[index + 1].hasPrefix("      ") && lines[index + 1].hasSuffix("."), "\(line)")
    }
  }

  @Test func aVenvWithoutRadicalPilotFails() async throws {
    let place = try TemporaryDirectory()
    try await Self.makeVenv(place, version: nil)
    let outcome = try await Self.run(place, ["--venv", "venv"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.line("ok", "venv") && outcome.line("FAIL", "radical.pilot"))
    #expect(outcome.text.contains("No module named") && outcome.text.contains("scalems-top setup-radical"))
  }

  @Test(arguments: ["/nowhere", "scalems-test-file", ""]) func aVenvThatIsNoneFails(path: String) async throws {
    let place = try TemporaryDirectory()
    try place.write("", to: "scalems-test-file")
    let outcome = try await Self.run(place, ["--venv", path])
    #expect(outcome.exitCode == 1 && outcome.line("FAIL", "venv") && !outcome.line("FAIL", "radical.pilot"))
  }

  @Test(arguments: [("1.103.9", "ok"), ("1.90.0", "warn"), ("1.104.0-dev@x", "warn"), ("1.83.0", "FAIL"), ("", "FAIL")])
  func versionsOfRadicalPilot(version: String, level: String) async throws {
    let place = try TemporaryDirectory()
    try await Self.makeVenv(place, version: version)
    let outcome = try await Self.run(place, ["--venv", "venv"])
    #expect(outcome.line(level, "radical.pilot"), "\(outcome.text)")
    #expect(outcome.exitCode == (level == "FAIL" ? 1 : 0) && outcome.line("ok", "resources"))
  }

  @Test func aVenvThatWasMovedFails() async throws {
    let place = try TemporaryDirectory()
    try await Self.makeVenv(place, version: "1.103.2")
    try place.write("#!/nowhere/bin/python\n", to: "venv/bin/radical-pilot-bridge")
    var outcome = try await Self.run(place, ["--venv", "venv"])
    #expect(outcome.exitCode == 1 && outcome.line("FAIL", "venv programs") && outcome.text.contains("/nowhere"))
    for name in ["radical-pilot-bridge", "activate"] {
      unlink("\(place.path)/venv/bin/\(name)")
      outcome = try await Self.run(place, ["--venv", "venv"])
      #expect(outcome.line("FAIL", "venv programs") && outcome.text.contains("bin/\(name) is missing"))
    }
  }

  @Test(arguments: [
    ("local.localhost", "ok", "resource", "FORK, schemas local (used), other"),
    ("local.locahost", "FAIL", "resource", "Did you mean local.localhost?"),
    ("big.iron", "FAIL", "resource", "Known there are big.far, big.slurm."),
    ("x", "FAIL", "resource", "radical-pilot-resources"),
    ("big.far", "warn", "batch system", "ssh"),
    ("big.slurm", "FAIL", "batch system", "'sbatch' is not in PATH"),
  ]) func resources(name: String, level: String, title: String, text: String) async throws {
    let place = try TemporaryDirectory()
    try await Self.makeVenv(place, version: "1.103.2")
    let outcome = try await Self.run(
      place, ["--venv", "venv", "--resource", name], environment: ["PATH": "\(place.path)/none"])
    #expect(outcome.line(level, title) && outcome.text.contains(text), "\(outcome.text)")
    #expect(outcome.exitCode == (level == "FAIL" ? 1 : 0))
  }

  @Test(arguments: [
    ("echo 'debug* up 2'; echo 'old down 1'", "ok", "debug* (2 nodes)"),
    ("echo 'slurm_load_partitions: Unable to contact' >&2; exit 1", "FAIL", "Unable to contact"),
    ("echo 'debug* down 2'", "FAIL", "no partition is up"),
  ]) func slurm(script: String, level: String, text: String) async throws {
    let place = try TemporaryDirectory()
    try await Self.makeVenv(place, version: "1.103.2")
    try FileManager.default.createDirectory(atPath: "\(place.path)/slurm", withIntermediateDirectories: true)
    try place.write("#!/bin/sh\n", to: "slurm/sbatch")
    try place.write("#!/bin/sh\n\(script)\n", to: "slurm/sinfo")
    let outcome = try await Self.run(
      place, ["--venv", "venv", "--resource", "big.slurm"], environment: ["PATH": "\(place.path)/slurm:\(getPath())"])
    #expect(outcome.line("ok", "batch system") && outcome.line(level, "slurm"), "\(outcome.text)")
    #expect(outcome.text.contains(text))
  }

  @Test func onATerminalItIsColoured() async throws {
    let place = try TemporaryDirectory()
    let terminal = try await Tmux(columns: 100, rows: 30, in: place.path, environment: ["XDG_DATA_HOME": place.path])
    try await terminal.run("unset NO_COLOR; $SCALEMS_TOP doctor; echo exit=$?")
    let screen = try await terminal.wait(forText: "exit=0")
    #expect(screen.contains("100 x 30 cells") && screen.contains("ok    colours"))
    #expect(try await terminal.screen(styled: true).contains("\u{1b}[32mok"))
    try await terminal.run("clear; NO_COLOR=1 TERM=dumb $SCALEMS_TOP doctor; echo exit=$?")
    try await terminal.wait(forText: "exit=1")
    #expect(try await !terminal.screen(styled: true).contains("\u{1b}[31m"))
    #expect(try await terminal.screen().contains("FAIL  terminal       the terminal \"dumb\" (TERM) cannot"))
    try await terminal.run("clear; NO_COLOR=1 TERM=no-such $SCALEMS_TOP doctor; echo exit=$?")
    try await terminal.wait(forText: "exit=0")
    #expect(try await terminal.screen().contains("warn  terminal       no-such: terminfo does not know it"))
  }

  private func getPath() -> String { getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin" }
}
