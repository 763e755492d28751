import Glibc
import SessionModel
import TestSupport
import Testing

/// A small file system of memory for a session; only who may mount one (root) can test with it.
private final class SmallDisk {
  let place: TemporaryDirectory
  var path: String { place.path }

  init?(bytes: Int) {
    guard let place = try? TemporaryDirectory(),
      mount("tmpfs", place.path, "tmpfs", 0, "size=\(bytes)") == 0
    else { return nil }
    self.place = place
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  /// Takes all the room there is.
  func fill() {
    let file = open(path + "/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    for size in [1 << 16, 1 << 12, 1] {
      let bytes = [UInt8](repeating: 0x78, count: size)
      while write(file, bytes, size) > 0 {}
    }
  }

  func free() { truncate(path + "/ballast", 0) }

  static var isPossible: Bool { SmallDisk(bytes: 4096) != nil }
}

/// Sessions on a disk that becomes full: what was DONE is in the journal, and never runs twice.
@Suite(.enabled(if: SmallDisk.isPossible)) struct FullDiskRunTests {
  /// Enough that what is said of them does not go into the room that the journal keeps ahead.
  private static let count = 3000

  private func executions(_ session: TestSession) -> [String: Int] {
    let lines = session.place.text("executions")?.split(separator: "\n") ?? []
    return lines.reduce(into: [:]) { $0[String($1), default: 0] += 1 }
  }

  /// - Parameter input: text for each task's standard input, which takes room, too.
  private func workflow(_ session: TestSession, _ count: Int, input: String = "") throws {
    // From the fiftieth on they wait until the disk is full.
    let line =
      "cd \(session.place.path); echo $SCALEMS_TASK_ID >> executions; "
      + "[ $SCALEMS_MEMBER -lt 50 ] || until [ -e go ]; do sleep 0.02; done"
    let more = input.isEmpty ? "" : ", stdin: \(input)"
    try session.place.write("tasks: [{name: t, ensemble: \(count), command: '\(line)'\(more)}]", to: "w.yaml")
  }

  @Test func `full to the end, the work stays in the workflow, and a resume runs each task once`() async throws {
    let disk = try #require(SmallDisk(bytes: 8 << 20))
    let session = try TestSession("")
    try workflow(session, Self.count)
    let program = try Program(
      scalemsTop,
      ["run", "w.yaml", "--batch", "--cores", "2", "--patience", "2", "--session-dir", disk.path + "/s"],
      in: session.place.path, environment: session.environment)
    try await wait(for: "some of the tasks") { executions(session).count > 50 }
    disk.fill()
    try session.place.write("", to: "go")
    let result = try await program.finish()
    #expect(result.exitCode == 1, "the record is complete: \(result.stderr)")
    let done = executions(session)
    #expect(done.count < Self.count && done.values.allSatisfy { $0 == 1 })
    disk.free()
    let resumed = try await session.run("run", "--resume", disk.path + "/s", "--batch")
    #expect(resumed.exitCode == 0, "\(resumed.stderr)")
    let all = executions(session)
    #expect(all.count == Self.count && all.values.allSatisfy { $0 == 1 }, "none twice, none lost")
  }

  @Test func `full for a while, it goes on by itself`() async throws {
    let disk = try #require(SmallDisk(bytes: 8 << 20))
    let session = try TestSession("")
    try workflow(session, 400, input: "text")
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--batch", "--cores", "2", "--session-dir", disk.path + "/s"],
      in: session.place.path, environment: session.environment)
    try await wait(for: "some of the tasks") { executions(session).count > 50 }
    disk.fill()
    try session.place.write("", to: "go")
    try await wait(for: "the pause") {
      program.stderr.contains("dispatch pauses") || program.stderr.contains("no room")
    }
    disk.free()
    let result = try await program.finish()
    #expect(result.exitCode == 0, "\(result.stderr)")
    let all = executions(session)
    #expect(all.count == 400 && all.values.allSatisfy { $0 == 1 })
  }
}
