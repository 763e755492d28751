import ArgumentParser
import Glibc
import Platform
import SessionLink
import SessionModel
import SystemPackage
import Work

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Print the log of a session, or what one of its tasks printed.")

  @Argument(help: sessionHelp)
  var session: String

  @Argument(help: "A task, by uid (task.000042) or by name (hello.3); its standard output is printed.")
  var task: String?

  @Flag(help: "Go on with what comes, until the task or the session has ended.")
  var follow = false

  @Flag(help: "The task's standard error instead.")
  var stderr = false

  func run() throws {
    let found = try SessionFinder().find(session)
    do {
      let reader = try LogReader(found, follow: follow)
      if let task {
        try reader.printOutput(of: task, stream: stderr ? .stderr : .stdout)
      } else {
        try reader.printLog()
      }
    } catch let problem as SessionDirectory.DirectoryError { throw UsageError(description: problem.description) }
  }
}

/// Prints texts of a session as they come.
private final class LogReader {
  private let found: FoundSession
  private let follow: Bool
  private let follower: JournalFollower
  private var snapshot = SessionSnapshot()
  /// What a task prints is no news of its session.
  private static let pause = 0.2

  init(_ found: FoundSession, follow: Bool) throws(SessionDirectory.DirectoryError) {
    self.found = found
    self.follow = follow
    follower = try JournalFollower(directory: found.directory)
    try follower.update(&snapshot)
  }

  /// Prints what there is and, if it is to be followed, what comes.
  private func printAll(atMost limit: Double? = nil, _ part: () throws -> Bool) throws {
    guard follow else {
      _ = try part()
      return
    }
    let link = HostLink(found.directory, origin: originWords(), isReadOnly: true)
    let end = try link.follow(atMost: limit) { () throws(any Error) in
      try follower.update(&snapshot)
      return try part()
    }
    if end == .unanswered { throw unanswered(link) }
    if end == .hostGone { throw hostGone(found.id) }
  }

  func printLog() throws {
    var printed = snapshot.logCount - snapshot.log.count
    try printAll {
      for line in snapshot.log.suffix(snapshot.logCount - printed) {
        let level = line.level == .info ? "" : " \(line.level.rawValue):"
        guard put(Array("\(clockText(line.time))\(level) \(line.text)\n".utf8)) else { return true }
      }
      printed = snapshot.logCount
      return snapshot.phase == .closed
    }
  }

  func printOutput(of name: String, stream: OutputStream) throws {
    guard
      let task = TaskID(uid: name).flatMap({ snapshot.tasks.contains($0) ? $0 : nil })
        ?? snapshot.tasks.task(named: name)
    else { throw UsageError(description: "session \(found.id) has no task '\(name)'") }
    guard let description = snapshot.tasks.batch(of: task)?.description(of: task) else { return }
    let name = stream == .stdout ? description.stdout : description.stderr
    let path = found.directory.path.appending("tasks").appending(task.uid).appending(name)
    var file: Descriptor?
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    try printAll(atMost: Self.pause) {
      let hasEnded = snapshot.tasks.state(of: task).isFinal || snapshot.phase == .closed
      do {
        if file == nil { file = try Descriptor.open(.file, path.string) }
        while let count = try file?.get(into: &chunk), count > 0 {
          guard put(chunk[..<count]) else { return true }
        }
      } catch let error as FileError where error.isMissing && follow && !hasEnded {
        // It may write yet.
      } catch {
        let why = (error as? FileError)?.isMissing == true ? "it has written nothing yet" : "\(error)"
        throw UsageError(description: "there is no \(stream.rawValue) of \(task.uid): \(why)")
      }
      return hasEnded
    }
  }
}

/// `2026-11-22 18:30:00`, in local time.
private func clockText(_ time: Timestamp) -> String {
  let time = LocalTime(time_t(time.microseconds / 1_000_000))
  return "\(time.date("-")) \(time.timeOfDay(":"))"
}
