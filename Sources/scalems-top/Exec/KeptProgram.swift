import Glibc
import JSON
import Platform
import Words

/// A program that `exec` runs or ran, and that has opened no session: by its directory it is looked at, waited for and ended.
struct KeptProgram {
  private let text: String
  private let directory: String
  private let record: ExecRecord
  private static let pause: UInt32 = 100_000
  /// What each step of an end in haste gets.
  private static let haste = Duration.seconds(2)

  /// - Parameter text: what the user named; `nil` when that is no such directory, or its program has opened a session.
  init?(withoutSession text: String?) {
    guard let text, let path = try? absolutePath(text), let record = ExecRecord(in: path), record.session == nil else {
      return nil
    }
    (self.text, directory, self.record) = (text, path, record)
  }

  private var now: ExecRecord { ExecRecord(in: directory) ?? record }
  private var isRunning: Bool { now.isRunning(in: directory) }

  /// That there is no session, and where there is more.
  var problem: UsageError {
    let end: TerminalText = isRunning ? " yet" : ", and has ended\(now.exit.map { " with exit status \($0)" } ?? "")"
    return UsageError(
      description: "the program of '\(text)' (\(record.title)) has opened no session of RADICAL-Pilot\(end); what it "
        + "prints is in \(directory)/stdout and \(directory)/stderr")
  }

  /// Until it has opened a session.
  ///
  /// - Throws: `UsageError` when it has ended without.
  func awaitSession() throws(UsageError) {
    complain(
      "scalems-top: the program of '\(text)' (\(record.title)) has opened no session of RADICAL-Pilot yet: it is "
        + "waited for")
    while now.session == nil {
      // In this order: what is opened at once before the end is seen.
      let isOver = !isRunning
      if isOver, now.session == nil { throw problem }
      usleep(Self.pause)
    }
  }

  /// How it stands.
  var status: TerminalText {
    let now = now
    let state =
      now.exit.map { "ended with exit status \($0), and has opened no session" }
      ?? (isRunning
        ? "running, and has opened no session yet" : "ended, and nobody knows how: what kept it was killed")
    var lines = [("program", record.program.joined(separator: " ")), ("state", state)]
    if isRunning { lines.append(("process", "\(record.pid) on \(machineName())")) }
    lines += [("directory", directory), ("prints", "\(directory)/stdout and stderr")]
    return lines.map { label, value in "\(TerminalText(label).padded(to: 10)) \(value)\n" }.joined()
  }

  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    let (now, isRunning) = (now, isRunning)
    json.member("session", directory.split(separator: "/").last.map(String.init) ?? directory)
    json.member("name", record.title)
    json.member("state", isRunning ? "starting" : now.exit == nil ? "dead" : "closed")
    json.member("phase", now.exit == nil ? "starting" : "closed")
    json.member("live", isRunning)
    json.member("host", machineName())
    json.member("pid", isRunning ? record.pid : nil)
    json.member("directory", directory)
    json.member("program", record.program.joined(separator: " "))
    json.member("total", 0)
    json.member("phase_reason", "its program has opened no session of RADICAL-Pilot")
    json.member("exit", now.exit)
    json.endObject()
    json.endLine()
    return json.bytes
  }

  /// Ends it, as Ctrl-C does under its screen, and waits for that.
  ///
  /// - Returns: the exit status: 0 when it has ended.
  /// - Throws: `UsageError` when it has ended already, or nobody keeps it.
  func close(inHaste: Bool, limit: Duration?) throws(UsageError) -> Int32 {
    guard isRunning else { throw problem }
    guard let keeper = record.keeper, ProcessTable.entry(of: record.pid)?.parent == keeper else {
      throw UsageError(
        description: "what kept the program of '\(text)' was killed: 'kill \(record.pid)' ends the program itself")
    }
    let deadline = limit.map { ContinuousClock.now + $0 }
    kill(keeper, SIGINT)
    var due = ContinuousClock.now + Self.haste
    while now.exit == nil, isRunning || ProcessTable.entry(of: keeper) != nil {
      if let deadline, .now >= deadline {
        complain("scalems-top: the program has not ended; 'scalems-top close \(text)' goes on to the next step")
        return ExitStatus.timeout
      }
      if inHaste, .now >= due {
        kill(keeper, SIGINT)
        due = .now + Self.haste
      }
      usleep(Self.pause)
    }
    put("close: the program has ended\(now.exit.map { ", with exit status \($0)" } ?? "")\n")
    return 0
  }
}
