import Foundation
import Glibc
import TestSupport
import Testing

/// What people, tasks and other sessions wrote reaches a terminal as characters alone, whatever bytes it is of.
@Suite struct HostileTextTests {
  /// Escapes, controls of both kinds, ends of lines, marks that turn or hide text.
  private static let hostile =
    "\u{1B}[31m\u{1B}]0;t\u{7}\u{9B}2J\u{90}q\u{9C}\u{85}\u{8}\u{7F}\r\n\u{202E}\u{2066}\u{200B}\u{200D}\u{FEFF}\u{2028}"
    + "\u{AD}\u{E0041}\u{FE0F}\u{3164}x"
  /// The same without what no name of a file has.
  private static let name = hostile.replacing("\n", with: "")

  /// What of a text could do something to a terminal.
  private static func harm(in text: String) -> String? {
    for scalar in text.unicodeScalars where scalar != "\n" {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: break
      default: if !scalar.properties.isDefaultIgnorableCodePoint { continue }
      }
      return "U+\(String(scalar.value, radix: 16)) in \(text.debugDescription)"
    }
    return nil
  }

  private func expectHarmless(_ result: Program.Result, _ what: some Any) {
    for text in [result.stdout, result.stderr] {
      #expect(Self.harm(in: text) == nil, "\(what)")
      #expect(!text.contains("\u{FFFD}"), "\(what): what is no text is told byte by byte")
    }
  }

  @Test func `arguments are quoted as characters in what is said of them`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    let text = Self.hostile
    let run = ["run", "w.yaml", "--batch"]
    for arguments in [
      [text], [text, text], ["run", text], run + [text], run + ["--\(text)"], run + ["--engine", text],
      run + ["--resource", text], run + ["--cores", text], run + ["--cores=\(text)"], run + ["--pilot-option", text],
      run + ["--pilot-option", "\(text)=\(text)"], run + ["--engine", "radical", "--venv", text],
      run + ["--session-dir", "/proc/\(text)"], ["run", "--commands", text], ["run", "--resume", text],
      ["check", text], ["status", text], ["log", text], ["events", text], ["replay", text], ["watch", text],
      ["submit", text, "--", "x"], ["submit", "s", "--launcher", text, "--", "x"], ["cancel", text, text],
      ["cancel", "s", "--state", text], ["close", "s", "--grace", text], ["drain", text, "--reason", text],
      ["list", "--timeout", text], ["doctor", "--venv", text], ["doctor", "--resource", text],
      ["setup-radical", "/dev/null/\(text)"], ["help", text], ["--\(text)"],
    ] {
      let result = try await session.run(arguments)
      expectHarmless(result, arguments)
      // Its line feed ends no line.
      #expect(
        !(result.stdout + result.stderr).split(separator: "\n").contains { $0.hasPrefix("\\u202e") }, "\(arguments)")
    }
  }

  @Test func `names, reasons, directories and last lines are shown as characters`() async throws {
    let place = try TestSession("")
    let directory = place.place.path + "/" + Self.name
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let workflow = """
      name: \(json(Self.hostile))
      tasks:
        - name: a
          command: \(json("printf '%s\\n' '\(Self.hostile)' >&2; exit 3"))
        - {name: b, argv: [\(json(Self.hostile))], after: a}
      """
    try place.place.write(workflow, to: "\(Self.name)/\(Self.name).yaml")
    func run(_ arguments: String...) async throws -> Program.Result {
      let result = try await Program.run(scalemsTop, arguments, in: directory, environment: place.environment)
      if !arguments.contains("--json") { expectHarmless(result, arguments) }
      return result
    }
    let ran = try await run("run", Self.name + ".yaml", "--batch", "--reason", Self.hostile)
    #expect(ran.exitCode == 1, "\(ran)")
    let id = try #require(ran.stdout.split(separator: " ").dropFirst().first).dropLast()
    let shown = #"\x1b[31m\x1b]0;t\x07\x9b2J"#
    #expect(try await run("check", Self.name + ".yaml").stdout.contains("workflow  " + shown))
    #expect(try await run("list", "--all").stdout.contains(shown))
    #expect(try await run("status", String(id)).stdout.contains("name       " + shown))
    let log = try await run("log", String(id)).stdout
    #expect(log.contains("session starting: " + shown) && log.contains("a FAILED: exit 3: "), "\(log)")
    #expect(try await run("doctor").exitCode < 2)
    _ = try await run("cancel", String(id), Self.hostile)
    _ = try await run("log", String(id), Self.hostile)
    // Programs get JSON that has all of it.
    for verb in [["list", "--all", "--json"], ["status", String(id), "--json"], ["events", String(id)]] {
      let result = try await Program.run(scalemsTop, verb, in: directory, environment: place.environment)
      let objects = try result.stdout.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(objects.contains { $0["name"] as? String == Self.hostile }, "\(verb)")
    }
  }

  @Test func `problems of a workflow are quoted as characters, each in its line`() async throws {
    let session = try TestSession("")
    let texts = [
      "tasks: [{name: \(json(Self.hostile)), argv: [x]}]", "\(json(Self.hostile)): 1",
      "tasks: [{name: a, argv: [x], \(json(Self.hostile)): 1}]",
      "tasks: [{name: a, argv: [x], timeout: \(json(Self.hostile))}]",
      "tasks: [{name: a, argv: [x], after: \(json(Self.hostile))}]",
      "tasks: [{name: a, argv: [x], outputs: [{source: x, target: \(json("/" + Self.hostile + "/.."))}]}]",
      "tasks: [{name: a, argv: [x], environment: {\(json(Self.hostile + "=")): 1}}]",
      "engine: \(json(Self.hostile))", "tasks: \(json(Self.hostile))",
      "tasks: [{name: a, argv: [x], \(json(Self.hostile)): 1, \(json(Self.hostile)): 2}]",
      "tasks: [{name: a, argv: [\u{1B}[31m", "tasks: {a: *\u{202E}b}", "a: \u{9B}b: c: d",
    ]
    for text in texts {
      try session.place.write(text, to: "bad.yaml")
      for verb in [["check", "bad.yaml"], ["run", "bad.yaml", "--batch"]] {
        let result = try await session.run(verb)
        expectHarmless(result, text)
        #expect(result.exitCode == 2 && result.stderr.split(separator: "\n").allSatisfy { $0.hasPrefix("bad.yaml:") })
      }
    }
  }

  @Test func `a session of somebody else says nothing to the terminal of who lists it`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 0)
    let text = json(Self.hostile)
    // What a session that lives has, with texts in all places; and one of bytes that are no text.
    let header = try #require(session.place.text("s/journal.jsonl")?.split(separator: "\n").first)
    let id = try #require(session.place.text("s/journal.jsonl")?.firstMatch(of: /scalems\.[0-9.]+/)).output
    var events = try #require(session.place.text("s/journal.jsonl")).split(separator: "\n").dropFirst().map(String.init)
    events.removeAll { $0.contains("session.closed") || $0.contains("\"closed\"") }
    events[0] = events[0].replacing(/"(name|engine|resource|user|host)":"[^"]*"/) { "\"\($0.output.1)\":\(text)" }
    events += [
      #"{"t":1,"from":"executor","event":"log","level":"error","text":\#(text)}"#,
      #"{"t":1,"from":"executor","event":"log","level":\#(text),"text":"x"}"#, text, #"{"event":\#(text)}"#,
      "no JSON \u{1B}[31m",
    ]
    unlink("\(session.place.path)/s/checkpoint")
    let lines = [String(header)] + events
    try session.place.write(lines.joined(separator: "\n") + "\n", to: "s/journal.jsonl")
    let raw = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(session.place.path)/s/journal.jsonl"))
    try raw.seekToEnd()
    raw.write(
      Data(
        #"{"t":2,"from":"executor","event":"log","level":"info","text":"a"#.utf8 + [0x9B, 0xFF] + Array("\"}\n".utf8)))
    let host = #"{"session":"\#(id)","host":\#(text),"pid":1,"started":"1","user":\#(text),"socket":\#(text)}"#
    try session.place.write(host, to: "s/host.json")
    for verb in [
      ["list", "--all"], ["status", "s"], ["log", "s"], ["drain", "s", "--timeout", "1"], ["log", "s", "b"],
    ] {
      let result = try await session.run(verb)
      for text in [result.stdout, result.stderr] { #expect(Self.harm(in: text) == nil, "\(verb)") }
    }
    let printed = try await session.run("events", "s")
    for line in printed.stdout.split(separator: "\n") {
      _ = try JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed)
    }
    #expect(printed.stdout.contains("a\u{FFFD}\u{FFFD}") && printed.stderr.contains("damaged, and left out: line "))
  }

  @Test func `variables are told as characters`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    for name in [
      "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_DATA_HOME", "TERM", "PATH", "LC_ALL", "USER",
    ] {
      for value in [Self.name, "/dev/null/\(Self.name)"] {
        for verb in [["doctor"], ["list"], ["run", "w.yaml", "--batch"]] {
          let result = try await session.run(verb, environment: [name: value])
          for text in [result.stdout, result.stderr] { #expect(Self.harm(in: text) == nil, "\(name) \(verb)") }
        }
      }
    }
  }

  /// A text as JSON and YAML have it, in ASCII but for what needs two escapes in the one and one in the other.
  private func json(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case " "..."~": String(scalar)
      default: scalar.value > 0xFFFF ? String(scalar) : "\\u" + String(0x10000 + scalar.value, radix: 16).dropFirst()
      }
    }
    return "\"\(escaped.joined())\""
  }
}

/// What a task printed, on a terminal and elsewhere.
@Suite struct PrintedOutputTests {
  @Test func `what a task printed goes to a file as it is, and to a terminal as lines`() async throws {
    let bytes = #"\033]0;title\007\033[31mred\033[0m\n10%%\r20%%\r\033[Kdone\nlast \233 \342\200\256 end"#
    let session = try TestSession("tasks: [{name: a, command: \"printf '\(bytes.replacing("\\", with: "\\\\"))'\"}]")
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 0)
    let script = """
      import os, pty, subprocess, sys
      def terminal(*arguments):
          got = []
          def read(fd):
              data = os.read(fd, 65536)
              got.append(data)
              return data
          keep = os.dup(1)
          os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
          status = pty.spawn([sys.argv[1], *arguments], read)
          os.dup2(keep, 1)
          return os.waitstatus_to_exitcode(status) if hasattr(os, "waitstatus_to_exitcode") else status >> 8, b"".join(got)
      printed = open("s/tasks/task.000000/stdout", "rb").read()
      shown = "red\\r\\ndone\\r\\nlast \\ufffd \\\\u202e end\\r\\n".encode()
      assert terminal("log", "s", "a") == (0, shown), terminal("log", "s", "a")
      assert terminal("log", "s", "a", "--follow") == (0, shown)
      assert terminal("log", "s", "a", "--raw") == (0, printed.replace(b"\\n", b"\\r\\n")), terminal("log", "s", "a", "--raw")
      assert subprocess.run([sys.argv[1], "log", "s", "a"], stdout=subprocess.PIPE).stdout == printed
      status, events = terminal("events", "s")
      assert status == 0 and not any(byte < 32 and byte not in b"\\r\\n" or byte == 127 for byte in events)
      """
    let result = try await Program.run(
      "/usr/bin/python3", ["-c", script, scalemsTop], in: session.place.path, environment: session.environment)
    #expect(result.exitCode == 0, "\(result)")
  }
}
