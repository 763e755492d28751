import Glibc
import TestSupport
import Testing

/// What cannot be written is said; that somebody wants to read no more is no error.
@Suite struct OutputTests {
  private static let verbs = [
    "list --all", "list --all --json", "status s", "status s --json", "check w.yaml", "log s", "log s a",
    "log s a --stderr", "log s --follow", "events s", "events s --follow", "doctor --orphans", "--help", "--version",
    "help run", "--generate-completion-script bash",
  ]
  private static let reason = "scalems-top: standard output cannot be written: "

  /// A session that has closed.
  private func closed() async throws -> TestSession {
    let session = try TestSession("tasks: [{name: a, command: 'echo out; echo err >&2'}]")
    let result = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    #expect(result.exitCode == 0, "\(result)")
    return session
  }

  private func shell(_ line: String, in session: TestSession) async throws -> Program.Result {
    try await Program.run(
      "/bin/bash", ["-c", line], in: session.place.path,
      environment: session.environment.merging(["T": scalemsTop]) { $1 })
  }

  private func python(_ script: String, _ arguments: [String], in session: TestSession) async throws -> Program.Result {
    try await Program.run(
      "/usr/bin/python3", ["-c", script, scalemsTop] + arguments, in: session.place.path,
      environment: session.environment)
  }

  private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  @Test func `a full device is said, and is exit status 1`() async throws {
    let session = try await closed()
    for verb in Self.verbs {
      let result = try await shell("$T \(verb) >/dev/full", in: session)
      #expect(result.exitCode == 1, "\(verb): \(result)")
      #expect(result.stderr.hasSuffix(Self.reason + "No space left on device\n"), "\(verb): \(result)")
    }
    // A limit of the shell is another reason, and no signal.
    let line = "(ulimit -f 0; exec $T status s >file) 2>&1 | cat; exit ${PIPESTATUS[0]}"
    let limited = try await shell(line, in: session)
    #expect(limited.exitCode == 1 && limited.stdout == Self.reason + "File too large\n", "\(limited)")
    // With nothing to write, nothing is wrong; an outcome of its own counts more.
    #expect(try await shell("$T list --all --json >/dev/full", in: TestSession("")).exitCode == 0)
    #expect(try await shell("$T status none >/dev/full", in: session).exitCode == 2)
  }

  @Test func `a session whose events cannot be written has run, and says so`() async throws {
    for option in ["--json", "--batch"] {
      let session = try TestSession("tasks: [{name: a, command: 'echo out'}]")
      let result = try await shell("$T run w.yaml --session-dir s \(option) >/dev/full", in: session)
      #expect(result.exitCode == 1 && result.stderr == Self.reason + "No space left on device\n", "\(result)")
      #expect(try session.snapshot().summary?.exitCode == 0)
      let failing = try TestSession("tasks: [{name: a, command: 'exit 1', timeout: 9}]\nname: x")
      let other = try await shell("$T run w.yaml --session-dir s \(option) --cores 0 >/dev/full", in: failing)
      #expect(other.exitCode == 2, "what was wrong before counts: \(other)")
    }
  }

  @Test func `what was done is told, also where standard output is full`() async throws {
    let session = try TestSession(AttachTests.gated)
    let started = try await shell("$T run w.yaml --session-dir s --detach --keep-open >/dev/full", in: session)
    let id = try #require(try session.snapshot().info?.id)
    #expect(started.exitCode == 1 && started.stderr.contains("session \(id) goes on"), "\(started)")
    #expect(started.stderr.hasSuffix(Self.reason + "No space left on device\n"))
    for (verb, words) in [
      ("submit s -- true", "task.000004"), ("submit s --json -- true", "task.000005"),
      ("drain s", "drain: acknowledged"), ("close s --wait --json --now", "close: "),
    ] {
      let result = try await shell("$T \(verb) >/dev/full", in: session)
      #expect(result.exitCode == 1 && result.stderr.contains(words), "\(verb): \(result)")
      #expect(result.stderr.hasSuffix(Self.reason + "No space left on device\n"), "\(verb): \(result)")
    }
    #expect(try session.snapshot().phase == .closed)
  }

  @Test func `a closed pipe ends a verb as it ends other programs`() async throws {
    let session = try await closed()
    let script = """
      import os, subprocess, sys
      r, w = os.pipe()
      os.close(r)
      p = subprocess.run(sys.argv[1:], stdout=w, stderr=subprocess.PIPE)
      print(p.returncode, p.stderr)
      """
    for verb in Self.verbs {
      let result = try await python(script, words(verb), in: session)
      #expect(result.stdout == "-13 b''\n", "\(verb): \(result)")
    }
    // The status of a session is its own.
    for option in ["--json", "--batch"] {
      let arguments = ["run", "w.yaml", "--session-dir", "s\(option)", option]
      #expect(try await python(script, arguments, in: session).stdout == "0 b''\n")
    }
    #expect(try await shell("set -o pipefail; $T events s | head -1 | grep -c opened", in: session).stdout == "1\n")
  }

  @Test func `a pipe that must not block gets everything`() async throws {
    let session = try await closed()
    let items = (0..<300).map { "  - {name: item\($0), argv: [echo, '\($0)']}\n" }
    try session.place.write("tasks:\n" + items.joined(), to: "big.yaml")
    let script = """
      import fcntl, os, struct, subprocess, sys, termios, time
      r, w = os.pipe()
      fcntl.fcntl(w, 1031, 4096)
      fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
      p = subprocess.Popen(sys.argv[1:], stdout=w, stderr=subprocess.PIPE)
      os.close(w)
      # It is as good as full before anything is read: up to a page is written whole or not at all.
      size = lambda: struct.unpack("i", fcntl.ioctl(r, termios.FIONREAD, b"...."))[0]
      while size() < 500 and p.poll() is None: time.sleep(0.001)
      got = b""
      while True:
          part = os.read(r, 100)
          if not part: break
          got += part
      error = p.stderr.read()
      want = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE).stdout
      print(p.wait(), error, len(got) > 4096, len(got) == len(want) or (len(got), len(want)))
      """
    for verb in ["check big.yaml", "events s", "run --help", "--generate-completion-script bash", "run w.yaml --json"] {
      let result = try await python(script, words(verb), in: session)
      // A session has an id and times of its own.
      #expect(result.stdout.hasPrefix(verb.hasPrefix("run w") ? "0 b'' True" : "0 b'' True True"), "\(verb): \(result)")
    }
  }

  @Test func `who follows ends with his reader, also when nothing comes`() async throws {
    let session = try TestSession(AttachTests.gated)
    let started = try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open")
    #expect(started.exitCode == 0)
    let script = """
      import subprocess, sys
      p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
      p.stdout.readline()
      p.stdout.close()
      print(p.wait(), p.stderr.read())
      """
    for verb in ["log s --follow", "log s gate.0 --follow", "events s --follow"] {
      #expect(try await python(script, words(verb), in: session).stdout == "-13 b''\n", "\(verb)")
    }
    #expect(try await session.run("close", "s", "--wait", "--now").exitCode == 0)
  }
}
