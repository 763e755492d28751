import Foundation
import Glibc
import SessionLink
import SessionModel
import SystemPackage
import TestSupport
import Testing

/// What another program may say on the control socket, and what a person on the command line: nothing of it ends a
/// session, and each is answered with a sentence.
@Suite struct BadSubmitTests {
  /// The members of a description that a request must have, as JSON, with some of them replaced.
  private static func request(_ members: [String: String] = [:], shape: String = "[]") -> String {
    let ordinary = [
      "name": #""t""#, "argv": #"["/bin/echo","x"]"#, "environment": "{}", "stdout": #""stdout""#,
      "stderr": #""stderr""#, "inputs": "[]", "outputs": "[]",
      "resources": #"{"ranks":1,"cores_per_rank":1,"gpus_per_rank":0}"#, "pre_exec": "[]", "raptor": "false",
      "after": "[]", "retries": "0",
    ]
    let description = ordinary.merging(members) { $1 }.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    return
      #"{"id":7,"request":"command","verb":"submit","items":[{"description":{\#(description)},"shape":\#(shape)}]}"#
  }

  private static let wrong = [
    request(["timeout": "1e300"]), request(["timeout": "-1"]), request(["timeout": "999999999999999999999"]),
    request(["resources": #"{"ranks":4611686018427387904,"cores_per_rank":4,"gpus_per_rank":0}"#]),
    request(["resources": #"{"ranks":-1,"cores_per_rank":-9223372036854775808,"gpus_per_rank":-1}"#]),
    request(["resources": #"{"ranks":1000000,"cores_per_rank":1000000,"gpus_per_rank":1000000}"#]),
    request(["resources": #"{"ranks":1000,"cores_per_rank":1,"gpus_per_rank":0}"#]),
    request(["stdout": #""../../x""#]), request(["name": #""a\nb""#]), request(["after": #"["t.0"]"#]),
    request(["retries": "9223372036854775807"]), request(["raptor": "true"]), request(["argv": "[]"]),
    request(shape: "[9223372036854775807]"), request(shape: "[-1]"), request(shape: "[1,1]"),
    request(["argv": #"["/bin/echo","a\u0000b"]"#]), request(["stdin": #"{"file":{"_0":"sesion:///x"}}"#]),
    #"{"id":7,"request":"command","verb":"submit","commands":["a\u0000b"]}"#,
    #"{"id":7,"request":"command","verb":"submit","commands":[""]}"#,
  ]

  @Test func aSessionSurvivesWhatItRefuses() async throws {
    let session = try TestSession("tasks: [{name: first, argv: [/bin/true]}]")
    _ = try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open", "--cores", "2")
    try await wait(for: "the first task") { (try? session.snapshot().tasks.count(in: .done)) == 1 }
    let directory = SessionDirectory(FilePath("\(session.place.path)/s"))
    let client = try SocketClient(try #require(HostRecord(in: directory)?.socket))
    _ = try client.line()
    client.say(#"{"id":1,"request":"hello","version":1,"origin":"here"}"#)
    _ = try client.line()
    for request in Self.wrong {
      client.say(request)
      let answers = try client.answers(to: 7)
      #expect(!answers.contains("\"added\"") && !answers.contains("\"first\""), "\(request): \(answers)")
    }
    client.say(Self.request(["timeout": "5"]))
    let answers = try client.answers(to: 7)
    #expect(answers.contains("task.000001"), "\(answers)")
    try await wait(for: "the good task") { (try? session.snapshot().tasks.count(in: .done)) == 2 }
    let closed = try await session.run("close", "s", "--wait")
    #expect(closed.exitCode == 0, "\(closed)")
    try await wait(for: "the end of the session") { try session.snapshot().phase == .closed }
    #expect(try session.snapshot().tasks.count == 2)
  }

  @Test(arguments: [
    (["--cores", "1000000000000000000"], "at most 100000000 is possible"), (["--cores=-1"], "at least 1"),
    (["--cores", "9223372036854775807"], "at most 100000000"), (["--cores", "99999999999999999999"], "cores"),
    (["--gpus", "1000000000000000000"], "at most 100000000 is possible"), (["--gpus=-1"], "at least 0"),
    (["--pilot-option", "runtime=1e300"], "at most 1000000000 are possible"),
    (["--pilot-option", "runtime=inf"], "'runtime' of the pilot"),
    (["--pilot-option", "runtime=nan"], "'runtime' of the pilot"),
    (["--pilot-option", "runtime=-1"], "must be more than 0 seconds, found '-1'"),
    (["--pilot-option", "runtime=0"], "must be more than 0 seconds"),
    (["--pilot-option", "cores=1000000000000000000"], "at most 100000000"),
    (["--pilot-option", "gpus=-5"], "at least 0"), (["--pilot-option", "cores=1e3"], "is a whole number"),
    (
      ["--raptor-workers", "0"], "'workers' of the raptor must be a whole number of at least 1, found '0' (--raptor-…)"
    ),
    (["--raptor-cores", "100000001"], "'cores' of the raptor's workers is too large"),
    (["--raptor-class", "MPIWorkr"], "class 'MPIWorkr' (did you mean 'MPIWorker'?)"),
    (["--raptor-class", "MPIWorker"], "engine 'local' has no workers of class MPIWorker, but DefaultWorker"),
    (["--raptor-workers", "99999999"], "a raptor with 99999999 workers of 1 core needs 100000000 cores"),
    (["--pilot-option", "queue=q"], "engine 'local' knows cores, gpus, runtime"),
    (["--task-grace", "1e300"], "--task-grace"), (["--task-grace", "nan"], "--task-grace"),
    (["--task-grace", "inf"], "--task-grace"), (["--task-grace=-1"], "--task-grace"),
  ]) func numbersOnTheCommandLine(arguments: [String], words: String) async throws {
    let session = try TestSession("tasks: [{name: a, argv: [/bin/true]}]")
    let result = try await session.run(
      "run", "w.yaml", "--batch", arguments[0], arguments.count > 1 ? arguments[1] : "--ascii")
    #expect(result.exitCode == 2 && result.stderr.contains(words), "\(result)")
    #expect(!session.place.exists("scalems-sessions"), "nothing was started")
  }

  /// The largest numbers that are taken.
  @Test(arguments: [
    ["--cores", "100000000"], ["--gpus", "100000000"], ["--pilot-option", "runtime=1e9"],
    ["--pilot-option", "runtime=999999999.5"], ["--task-grace", "1e6"], ["--task-grace", "0"],
  ]) func numbersAtTheirBounds(arguments: [String]) async throws {
    let session = try TestSession("tasks: [{name: a, argv: [/bin/true], ensemble: 3}]")
    let result = try await session.run("run", "w.yaml", "--batch", arguments[0], arguments[1])
    #expect(result.exitCode == 0 && result.stdout.contains("3 DONE"), "\(result)")
  }

  @Test func theCommandLineSaysWhatTheSessionWouldSay() async throws {
    let session = try TestSession("tasks: [{name: a, argv: [/bin/true]}]")
    for (arguments, words) in [
      (["--cores", "0", "--", "x"], "'cores_per_rank' in task 'x' must be a whole number of at least 1, found '0'"),
      (["--cores", "9223372036854775807", "--", "x"], "at most 1000000 is possible"),
      (["--name", "a b", "--", "x"], "the task name 'a b' may hold only"),
      (["--name", "a.0", "--", "x"], "must not end in a dot and a number"),
      (["--", ""], "'argv' in task 'task' names no program: it begins with the program to run"),
      (["--", "", "x"], "names no program: it begins with the program to run"),
      (["--"], "names no program: it begins with the program to run"),
      (["--", "x", "{member}"], "has {member}, but the task is no ensemble"),
    ] {
      let result = try await Program.run(
        scalemsTop, ["submit", "s"] + arguments, in: session.place.path, environment: session.environment)
      #expect(result.exitCode == 2 && result.stderr.contains(words), "\(result)")
    }
    try session.place.write("echo a\u{0}b\n", to: "list")
    let result = try await session.run("run", "--commands", "list", "--batch")
    #expect(result.exitCode == 2 && result.stderr.contains("holds a NUL byte"), "\(result)")
  }
}

/// Speaks the protocol by hand.
private final class SocketClient {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard code == 0 else { throw TestError("nobody answers at \(path)") }
  }

  deinit { close(descriptor) }

  func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  func line() throws -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1 {
      if byte == 0x0a { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    throw TestError("the host ended the connection after '\(String(decoding: line, as: UTF8.self))'")
  }

  /// What is said of a request until it has come to its end.
  func answers(to id: Int) throws -> String {
    var all = ""
    while true {
      let line = try line()
      guard line.contains("\"id\":\(id)") else { continue }
      all += line
      if line.contains("\"error\"") || line.contains("finished") || line.contains("failed") { return all }
    }
  }
}
