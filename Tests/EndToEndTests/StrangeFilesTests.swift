import Glibc
import TestSupport
import Testing

/// Sessions whose files are something else: somebody else's slip or trap in a directory that others may write to.
@Suite struct StrangeFilesTests {
  private static let workflow = "tasks: [{name: one, argv: [echo, said]}, {name: two, argv: [\"false\"]}]\n"

  enum Strange: String, CaseIterable, Sendable {
    case fifo, directory, device, sparse, dangling

    /// Puts it at a path, in place of what is there.
    func put(at path: String) {
      unlink(path)
      switch self {
      case .fifo: mkfifo(path, 0o600)
      case .directory: mkdir(path, 0o700)
      case .device: symlink("/dev/zero", path)
      case .sparse:
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        truncate(path, 60 << 30)
      case .dangling: symlink("nowhere", path)
      }
    }
  }

  /// A session that ended, and another one beside it that is well.
  private func sessions() async throws -> TestSession {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 1)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "well", "--batch").exitCode == 1)
    return session
  }

  @Test(arguments: Strange.allCases)
  func `whatever stands for a journal, nobody waits for it`(strange: Strange) async throws {
    let session = try await sessions()
    strange.put(at: "\(session.place.path)/s/journal.jsonl")
    let list = try await session.run("list", "--all")
    #expect(list.exitCode == 0 && list.stdout.split(separator: "\n").count == 2, "\(list)")
    for verb in [
      ["status", "./s"], ["log", "./s"], ["events", "./s"], ["drain", "./s"], ["run", "--resume", "./s"],
    ] {
      let result = try await Program.run(scalemsTop, verb, in: session.place.path, environment: session.environment)
      #expect(result.exitCode == 2 && result.stderr.split(separator: "\n").count == 1, "\(verb): \(result)")
      if strange == .fifo, verb[0] != "run" { #expect(result.stderr.contains("is a FIFO, not a file"), "\(result)") }
    }
  }

  @Test(arguments: Strange.allCases)
  func `whatever stands for a checkpoint or a record of the host, the journal is read`(strange: Strange) async throws {
    let session = try await sessions()
    strange.put(at: "\(session.place.path)/s/checkpoint")
    strange.put(at: "\(session.place.path)/s/host.json")
    let status = try await session.run("status", "./s")
    #expect(status.exitCode == 0 && status.stdout.contains("tasks      2: "), "\(status)")
    #expect(status.stderr.contains("ignored") == ![.dangling].contains(strange), "\(status)")
    if strange == .fifo { #expect(status.stderr.contains("/s/checkpoint is a FIFO, not a file: it is ignored")) }
    let log = try await session.run("log", "./s", "one")
    #expect(log.exitCode == 0 && log.stdout == "said\n", "\(log)")
    let list = try await session.run("list", "--all")
    #expect(list.exitCode == 0 && list.stdout.split(separator: "\n").count == 3, "\(list)")
    let resumed = try await session.run("run", "--resume", "s", "--batch")
    #expect(resumed.stderr.contains("nothing is left to run"), "\(resumed)")
  }

  @Test(arguments: [Strange.fifo, .directory, .device, .dangling])
  func `what a task put in place of its output is not waited for`(strange: Strange) async throws {
    let session = try await sessions()
    strange.put(at: "\(session.place.path)/s/tasks/task.000000/stdout")
    let log = try await session.run("log", "./s", "one")
    #expect(log.exitCode == 2 && log.stderr.contains("there is no stdout of task.000000"), "\(log)")
  }
}
