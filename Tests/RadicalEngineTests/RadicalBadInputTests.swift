import Glibc
import TestSupport
import Testing

extension RadicalTests {
  /// What cannot work gets one clear sentence and exit 3, and leaves nothing.
  @Suite struct BadInputTests {
    private static let workflow = "tasks: [{name: a, command: \"true\"}]\n"

    private func refusal(
      _ options: [String], venv: String = radicalVenv, environment: [String: String] = [:]
    ) async throws -> String {
      let run = try RadicalRun(Self.workflow)
      let result = try await Program.run(
        scalemsTop,
        ["run", "w.yaml", "--engine", "radical", "--venv", venv, "--batch", "--session-dir", "s"] + options,
        in: run.place.path, environment: run.environment.merging(environment) { $1 }, seconds: 120)
      #expect(result.exitCode == 3)
      #expect(result.stderr.split(separator: "\n").count == 1)
      #expect(run.left == [] && !run.place.exists("s/radical.json"))
      return result.stderr
    }

    /// A virtual environment of the system's Python, which has no radical.pilot.
    private func emptyVenv() throws -> TemporaryDirectory {
      let venv = try TemporaryDirectory()
      guard mkdir(venv.path + "/bin", 0o700) == 0, symlink("/usr/bin/python3", venv.path + "/bin/python") == 0 else {
        throw TestError("no virtual environment")
      }
      try venv.write("", to: "bin/activate")
      return venv
    }

    @Test func thereIsNoEnvironment() async throws {
      #expect(try await refusal([], venv: "/no/such").contains("there is no virtual environment at /no/such"))
      let empty = try TemporaryDirectory()
      #expect(try await refusal([], venv: empty.path).contains("is no virtual environment"))
    }

    @Test func theEnvironmentHasNoRadicalPilotOrAnOldOne() async throws {
      let venv = try emptyVenv()
      #expect(try await refusal([], venv: venv.path).contains("no radical.pilot in"))
      for name in ["radical", "radical/pilot"] { mkdir(venv.path + "/" + name, 0o700) }
      try venv.write("", to: "radical/__init__.py")
      try venv.write("version = version_short = '1.47.0'\n", to: "radical/pilot/__init__.py")
      #expect(
        try await refusal([], venv: venv.path, environment: ["PYTHONPATH": venv.path]).contains(
          "radical.pilot 1.47.0 is too old: 1.90 or newer is needed"))
    }

    @Test func theResourceIsUnknown() async throws {
      #expect(
        try await refusal(["--resource", "local.localhots"]).contains(
          "RADICAL-Pilot knows no resource 'local.localhots' (did you mean 'local.localhost'?)"))
      #expect(
        try await refusal(["--access", "gsissh"]).contains("'local.localhost' offers no access schema 'gsissh', but"))
    }

    @Test func thePilotOptionIsWrong() async throws {
      let unknown = try await refusal(["--pilot-option", "quue=debug"])
      #expect(
        unknown.contains("no pilot option 'quue' (did you mean 'queue'?): there are") && unknown.contains("project"))
      #expect(
        try await refusal(["--raptor-class", "MPIWorker", "--cores", "4"]).contains(
          "no mpi4py in \(radicalVenv), which the raptor's workers of this class need"), "it is not in the tests' own")
    }

    @Test func thePilotCannotStart() async throws {
      // A machine of PBS, which this one is not.
      let why = try await refusal(["--resource", "anl.polaris", "--cores", "2"])
      #expect(why.contains("pilot.0000 did not start: ") && why.contains("'qsub'"))
    }

    @Test func theSandboxCannotBeWritten() async throws {
      #expect(try await refusal([], environment: ["HOME": "/proc"]).contains("/proc/"))
    }
  }
}
