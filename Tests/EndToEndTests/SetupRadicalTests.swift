import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `scalems-top setup-radical`, without a network: what it refuses, and what it leaves when it fails.
@Suite(.serialized) struct SetupRadicalTests {
  /// A directory with a `python3` that makes "virtual environments" whose Python runs `pip` when asked to install.
  private static func machine(python: String = "3 11 0", modules: String = "1", pip: String) throws
    -> TemporaryDirectory
  {
    let place = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: "\(place.path)/bin", withIntermediateDirectories: true)
    try place.write(
      """
      #!/bin/sh
      case "$1$2" in
      -c*) echo '\(python)'; echo '\(place.path)/bin/python3'; [ -n '\(modules)' ] && echo '\(modules)' ;;
      -mvenv) mkdir -p "$3/bin" && cp '\(place.path)/venv-python' "$3/bin/python" ;;
      esac

      """, to: "bin/python3")
    try place.write(
      """
      #!/bin/sh
      case "$1$2" in
      -c*) [ -e '\(place.path)/installed' ] && echo '{"python": [3, 11, 0], "pilot": "1.103.2", "resources": {}}' ;;
      -mpip) echo "Collecting $8"; \(pip) ;;
      esac

      """, to: "venv-python")
    return place
  }

  private static func program(_ place: TemporaryDirectory, _ arguments: String...) throws -> Program {
    try Program(
      scalemsTop, ["setup-radical"] + arguments, in: place.path,
      environment: ["PATH": "\(place.path)/bin:/usr/bin:/bin", "XDG_DATA_HOME": "\(place.path)/data"])
  }

  @Test func itIsMadeOnceAndFoundAgain() async throws {
    let place = try Self.machine(pip: ": > '\(try TemporaryDirectory().path)'; echo Successfully installed")
    try place.write("", to: "installed")
    let made = try await Self.program(place).finish()
    let path = "\(place.path)/data/scalems-top/radical"
    #expect(made.exitCode == 0, "\(made)")
    #expect(
      made.stdout.contains("  Collecting radical.pilot==1.103.2\n") && made.stdout.contains("is ready in \(path)"))
    #expect(made.stdout.contains("--engine radical --resource local.localhost --venv \(path)\n"))
    let again = try await Self.program(place).finish()
    #expect(again.exitCode == 0 && again.stdout.contains("It is there already in \(path)"))
  }

  @Test func whatIsInTheWayStays() async throws {
    let place = try Self.machine(pip: "exit 0")
    try place.write("precious", to: "file")
    try FileManager.default.createDirectory(atPath: "\(place.path)/directory", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: "\(place.path)/venv/bin", withIntermediateDirectories: true)
    try place.write("#!/bin/sh\necho '{\"python\": [3, 11, 0], \"pilot\": \"1.90.0\"}'\n", to: "venv/bin/python")
    symlink("/nowhere", "\(place.path)/link")
    for (name, text) in [
      ("file", "no virtual environment"), ("directory", "no virtual environment"), ("link", "no virtual environment"),
      ("venv", "holds RADICAL-Pilot 1.90.0, not 1.103.2"),
    ] {
      let result = try await Self.program(place, name).finish()
      #expect(result.exitCode == 2 && result.stdout.isEmpty)
      #expect(result.stderr.contains("\(place.path)/\(name) ") && result.stderr.contains(text), "\(result.stderr)")
    }
    #expect(place.text("file") == "precious" && place.exists("venv/bin/python") && place.exists("directory"))
  }

  @Test(arguments: [("3 6 8", "1", "needs Python 3.8 or newer"), ("3 11 0", "", "python3-venv")])
  func aPythonThatCannotDoItIsTold(version: String, modules: String, text: String) async throws {
    let place = try Self.machine(python: version, modules: modules, pip: "exit 0")
    let result = try await Self.program(place, "venv").finish()
    #expect(result.exitCode == 3 && result.stderr.contains(text) && !place.exists("venv"))
  }

  @Test func aPipThatFailsLeavesNothing() async throws {
    let place = try Self.machine(pip: "echo 'ERROR: No matching distribution' >&2; exit 1")
    let result = try await Self.program(place, "some/where/venv").finish()
    #expect(result.exitCode == 3 && result.stderr.contains("pip failed (exit 1)"))
    #expect(result.stderr.contains("ERROR: No matching distribution") && !place.exists("some/where/venv"))
  }

  @Test func whatCannotBeImportedIsRemoved() async throws {
    let place = try Self.machine(pip: "exit 0")
    let result = try await Self.program(place, "venv").finish()
    #expect(result.exitCode == 3 && result.stderr.contains("cannot be imported") && !place.exists("venv"))
  }

  @Test(arguments: [SIGINT, SIGTERM]) func aSignalRemovesWhatIsHalfMade(signal: Int32) async throws {
    let mark = "600.\(Int.random(in: 100_000...999_999))"
    let place = try Self.machine(pip: "sleep \(mark)")
    let program = try Self.program(place, "venv")
    try await wait(for: "pip") { !processes(matching: "sleep\u{0}\(mark)").isEmpty }
    #expect(place.exists("venv"))
    program.signal(signal)
    let result = try await program.finish()
    #expect(result.exitCode == 128 + signal && result.stderr.contains("interrupted") && !place.exists("venv"))
    try await wait(for: "the end of pip") { processes(matching: "sleep\u{0}\(mark)").isEmpty }
  }

  @Test func aPlaceThatCannotBeMadeIsThree() async throws {
    let place = try Self.machine(pip: "exit 0")
    let result = try await Self.program(place, "/proc/none/venv").finish()
    #expect(result.exitCode == 3 && result.stderr.contains("/proc/none/venv cannot be made: No such file"))
  }
}
