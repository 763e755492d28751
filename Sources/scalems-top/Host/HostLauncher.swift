import Glibc
import JSON
import Platform
import SystemPackage

/// A host in the background, as the program sees it that started it.
struct LaunchedHost: Sendable {
  let pid: pid_t
  let session: String
  let directory: String
  private let line: Int32

  private struct Ready: Sendable {
    var session = ""
    var directory = ""

    static let record = JSONRecord(
      Ready(), .required("session", \.session, .text), .required("directory", \.directory, .text))
  }

  /// Starts `scalems-top run` with the arguments of this process as a host, and waits until its session is there.
  ///
  /// - Parameters:
  ///   - input: its standard input; `/dev/null` when negative.
  ///   - resumed: the id of the session that `--resume --latest` means.
  ///   - body: what can be done while it starts.
  /// - Throws: `ExitStatus` when it could not; it has said why.
  init(input: Int32, resumed: String? = nil, while body: () -> Void = {}) throws(ExitStatus) {
    let ends: SocketPair
    do { ends = try SocketPair() } catch {
      complain("scalems-top: no socket pair: \(error)")
      throw ExitStatus(code: 3)
    }
    var arguments = CommandLine.arguments
    // Which one was opened last is found out once.
    let latest = arguments.indices.first {
      $0 > 0 && arguments[$0] == RunCommand.latest && arguments[$0 - 1] == "--resume"
    }
    if let resumed, let latest { arguments[latest] = resumed }
    arguments.insert(RunCommand.hostFlag, at: min(2, arguments.count))
    let program = linkTarget("/proc/self/exe") ?? "/proc/self/exe"
    let start = ProcessStart(
      program: program, arguments: arguments, input: input, output: ends.theirs.number, error: STDERR_FILENO,
      diesWithParent: false)
    let started = ProcessEnvironment().with([]) { start.run(environment: $0) }
    // Else the end of the host would not be seen.
    try? ends.theirs.close()
    guard started > 0 else {
      complain("scalems-top: the host of the session could not be started: \(errorText(-started))")
      throw ExitStatus(code: 3)
    }
    pid = started
    line = ends.ours.release()
    body()
    guard let ready = try? Ready.record.coding.value(Self.nextLine(from: line)) else {
      throw ExitStatus(code: Self.end(of: started))
    }
    session = ready.session
    directory = ready.directory
  }

  private struct Settled: Sendable {
    var taken = false
    var problem: String?

    static let record = JSONRecord(
      Settled(), .required("taken", \.taken, .flag), .optional("problem", \.problem, .text))
  }

  /// Waits until all that the session was given to do is in its journal.
  ///
  /// - Throws: `ExitStatus` when it is not and never will be, after saying why; the session ends then.
  func awaitWork() throws(ExitStatus) {
    let line = Self.nextLine(from: line)
    if let settled = try? Settled.record.coding.value(line) {
      if settled.taken { return }
      complain("scalems-top: \(settled.problem ?? "the work was not taken")")
      // Without a release it closes what it has begun.
      close(self.line)
      _ = Self.end(of: pid)
      throw ExitStatus(code: settled.problem == nil ? 3 : 2)
    }
    let status = Self.end(of: pid)
    complain(
      "scalems-top: the host of session \(session) ended before its work was recorded; see \(directory)/host.log")
    throw ExitStatus(code: status == 0 ? 3 : status)
  }

  /// Leaves it running once its work is recorded, and prints how it is found.
  ///
  /// - Parameters:
  ///   - what: what goes on, for whoever cannot read standard output.
  ///   - members: as JSON all of these are printed, otherwise the text of the first.
  /// - Throws: what `awaitWork` throws.
  func leave(asJSON: Bool, _ what: String, _ members: [(name: StaticString, text: String)]) throws(ExitStatus) {
    try awaitWork()
    release()
    let isPrinted: Bool
    if asJSON {
      var json = JSONWriter()
      json.beginObject()
      for member in members { json.member(member.name, member.text) }
      json.endObject()
      json.endLine()
      isPrinted = putJSON(json.bytes)
    } else {
      isPrinted = put("\(members.first?.text ?? "")\n")
    }
    // Who started it has to know it.
    if !isPrinted { complain("scalems-top: \(what) goes on, in \(directory)") }
  }

  /// Lets the session go on when this process ends.
  func release() {
    var byte = OwnerLine.release
    _ = send(line, &byte, 1, Int32(MSG_NOSIGNAL))
  }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Waits for the host.
  ///
  /// - Returns: its exit status, or 128 + the signal that ended it.
  func wait() -> Int32 { Self.end(of: pid) }

  /// Whether the host has ended; it stays to be waited for.
  var hasEnded: Bool { !(ProcessIdentity(of: pid)?.isAlive ?? false) }

  private static func end(of pid: pid_t) -> Int32 {
    WaitStatus(of: pid)?.shellCode ?? 3
  }

  private static func nextLine(from descriptor: Int32) -> [UInt8] {
    (try? FileDescriptor(rawValue: descriptor).nextLine()) ?? []
  }
}
