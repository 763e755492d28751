import Glibc
import SessionModel
import TestSupport
import Testing

/// Paths lead where the kernel goes with them.
@Suite struct WorkingDirectoryTests {
  @Test func `a workflow named through a link has its inputs beside it`() async throws {
    let place = try TemporaryDirectory()
    let environment = ["XDG_STATE_HOME": "\(place.path)/state", "XDG_RUNTIME_DIR": place.path]
    for name in ["there", "there/deep", "here"] { mkdir("\(place.path)/\(name)", 0o700) }
    symlink("../there/deep", "\(place.path)/here/link")
    try place.write("tasks: [{name: t, argv: [cat, in], inputs: [in]}]", to: "there/wf.yaml")
    try place.write("right\n", to: "there/in")
    try place.write("wrong\n", to: "here/in")
    for workflow in ["link/../wf.yaml", "./link/.././wf.yaml", "\(place.path)/here/link/../wf.yaml"] {
      let directory = "\(place.path)/\(workflow.utf8.count)"
      let result = try await Program.run(
        scalemsTop, ["run", workflow, "--batch", "--session-dir", directory], in: place.path + "/here",
        environment: environment)
      #expect(result.exitCode == 0, "\(workflow): \(result)")
      #expect(contents("\(directory)/tasks/task.000000/stdout") == "right\n", "\(workflow)")
    }
    // What does not exist is passed by no `..`.
    let missing = try await Program.run(
      scalemsTop, ["run", "none/../link/../wf.yaml", "--batch"], in: place.path + "/here", environment: environment)
    #expect(missing.exitCode == 2, "\(missing)")
  }

  @Test func `a working directory that was removed is an error with words`() async throws {
    let place = try TemporaryDirectory()
    let environment = ["XDG_STATE_HOME": "\(place.path)/state", "XDG_RUNTIME_DIR": place.path]
    try place.write("tasks: [{name: t, argv: ['true']}]", to: "wf.yaml")
    func run(_ line: String) async throws -> Program.Result {
      try await Program.run(
        "/bin/sh", ["-c", "mkdir gone && cd gone && rmdir ../gone && exec \(line)"], in: place.path,
        environment: environment)
    }
    let words = "the directory you are in does not exist any more"
    for line in [
      "run \(place.path)/wf.yaml --batch", "run --batch --keep-open",
      "run \(place.path)/wf.yaml --session-dir s --batch",
    ] {
      let result = try await run("\(scalemsTop) \(line)")
      #expect([2, 3].contains(result.exitCode) && result.stderr.contains(words), "\(line): \(result)")
    }
    #expect(access("/scalems-sessions", F_OK) != 0)
    // What needs no such directory goes on.
    let list = try await run("\(scalemsTop) list")
    #expect(list.exitCode == 0, "\(list)")
    let full = try await run("\(scalemsTop) run \(place.path)/wf.yaml --batch --session-dir \(place.path)/s")
    #expect(full.exitCode == 0, "\(full)")
  }
}
