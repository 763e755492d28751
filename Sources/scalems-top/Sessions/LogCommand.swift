import ArgumentParser
import Glibc
import Platform
import SessionLink
import SessionModel
import SystemPackage
import Words
import Work
import Words

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
      let reader = LogReader(found, follow: follow)
      if let task {
        try reader.printOutput(of: task, stream: stderr ? .stderr : .stdout)
      } else {
        try reader.printLog()
      }
    } catch let problem as SessionDirectory.DirectoryError { throw UsageError(description: "\(problem)") }
  }
}

/// Prints texts of a session as they come.
private final class LogReader {
  private let found: FoundSession
  private let follow: Bool
  private var snapshot = SessionSnapshot()
  /// What a task prints is no news of its session.
  private static let pause = 0.2

  init(_ found: FoundSession, follow: Bool) {
    self.found = found
    self.follow = follow
  }

  /// Prints what there is and, if it is to be followed, what comes.
  ///
  /// - Parameter part: prints what is new, and says whether that was all there will be.
  private func printAll(atMost limit: Double? = nil, _ part: () throws -> Bool) throws {
    guard follow else {
      _ = try part()
      return
    }
    let link = HostLink(found.directory, origin: originWords(), isReadOnly: true)
    let end = try link.follow(atMost: limit) { () throws(any Error) in try part() || hasReaderLeft() }
    if end == .unanswered { throw unanswered(link) }
    if end == .hostGone { throw hostGone(found.id) }
  }

  /// From its first line on, so not from a checkpoint: that has the last ones alone.
  func printLog() throws {
    let tail = try JournalTail(found.directory.journal, from: .beginning)
    var printed = 0
    try printAll {
      while let events = try tail.events() {
        for event in events {
          snapshot.apply(event)
          guard snapshot.logCount > printed else { continue }
          for line in snapshot.log.suffix(snapshot.logCount - printed) {
            let level: TerminalText = line.level == .info ? "" : " \(line.level.rawValue):"
            guard put("\(clockText(line.time))\(level) \(line.text)\n") else { return true }
          }
          printed = snapshot.logCount
        }
      }
      return snapshot.phase == .closed
    }
  }

  func printOutput(of name: String, stream: OutputStream) throws {
    let follower = try JournalFollower(directory: found.directory)
    try follower.update(&snapshot)
    guard
      let task = TaskID(uid: name).flatMap({ snapshot.tasks.contains($0) ? $0 : nil })
        ?? snapshot.tasks.task(named: name)
    else { throw UsageError(description: "session \(found.id) has no task '\(name)'") }
    guard let description = snapshot.tasks.batch(of: task)?.description(of: task) else { return }
    let file = stream == .stdout ? description.stdout : description.stderr
    let tail = TaskOutputTail(found.directory, of: task, named: file)
    tail.onRestart = { complain("scalems-top: \(task.uid) begins again") }
    try printAll(atMost: Self.pause) {
      try follower.update(&snapshot)
      let hasEnded = snapshot.tasks.state(of: task).isFinal || snapshot.phase == .closed
      do { guard try tail.read({ putRaw($0) }) else { return true } } catch {
        throw UsageError(description: "there is no \(stream.rawValue) of \(task.uid): \(error)")
      }
      if !tail.hasBegun, hasEnded || !follow {
        throw UsageError(
          description: "there is no \(stream.rawValue) of \(task.uid): it has written nothing\(hasEnded ? "" : " yet")")
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
