import Glibc
import JSON
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import SystemPackage
import Wire
import Words
import Work

extension RadicalRecording {
  /// Appends events as JSON, a line each, with what RADICAL-Pilot calls the tasks.
  func write(_ events: [SessionEvent], to writer: inout JSONWriter) {
    let tasks = snapshot.tasks
    for event in events {
      event.write(
        to: &writer, uid: { tasks.uid(of: $0) },
        name: { id in
          let name = tasks.batch(of: id)?.description.name ?? ""
          return name.isEmpty || name == tasks.uid(of: id) ? nil : name
        })
    }
  }
}

extension RadicalSession {
  private static let interval: UInt32 = 300_000

  /// Reads what its files tell, and what comes, if it is followed.
  ///
  /// - Parameter take: gets what is new; false when it wants no more.
  /// - Throws: `ExitStatus` when it is followed and its program ended without closing it, after saying so.
  func read(follow: Bool, _ take: (RadicalRecording, [SessionEvent]) throws -> Bool) throws {
    let recording = RadicalRecording(site, sighting, follows: follow)
    while try take(recording, recording.next()), follow, !hasReaderLeft() {
      if recording.isGone { throw programGone }
      if recording.isOver { return }
      usleep(Self.interval)
    }
  }

  /// Says that its program ended without closing it.
  var programGone: ExitStatus {
    complain(
      "scalems-top: the program of session \(site.session) has ended without closing it; "
        + "'scalems-top doctor --orphans \(site.session)' ends what it left")
    return ExitStatus(code: ExitStatus.hostGone)
  }
}

/// Prints texts of a session that another program opened.
struct RadicalLog {
  var session: RadicalSession
  var follow: Bool
  /// The last so many lines to begin with; all when `nil`.
  var lines: Int?
  var isJSON = false

  func printLog() throws {
    var log = PrintedLog(last: lines, isJSON: isJSON)
    try session.read(follow: follow) { _, events in log.take(events) && log.begin() }
  }

  /// - Parameter name: the task's uid or name.
  func printOutput(of name: String, stream: OutputStream, isRaw: Bool) throws {
    let output: TaskOutput = isRaw || isatty(STDOUT_FILENO) != 1 ? .raw : .terminal(TaskOutput.Screen())
    defer { output.end() }
    var tail: TaskOutputTail?
    try session.read(follow: follow) { recording, _ in
      let tasks = recording.snapshot.tasks
      guard let task = tasks.task(uid: name) ?? tasks.task(named: name) else {
        throw UsageError(description: "session \(session.site.session) has no task '\(name)'")
      }
      let uid = tasks.uid(of: task)
      let hasEnded = tasks.state(of: task).isFinal || recording.isOver
      let file = RadicalOutputs.name(of: uid, stream)
      // Which pilot runs it may not be known yet.
      if tail == nil, !uid.contains("/"), let pilot = recording.outputs.pilot(with: "\(uid)/\(file)"),
        access("\(pilot)/\(uid)/\(file)", F_OK) == 0
      {
        tail = TaskOutputTail(in: FilePath(pilot), uid, named: file)
        if let lines { tail?.begin(withLast: lines) }
      }
      guard let tail else {
        guard follow, !hasEnded else {
          throw UsageError(
            description: "there is no \(stream.rawValue) of \(uid): it has written nothing\(hasEnded ? "" : " yet")")
        }
        return true
      }
      do { guard try tail.read(output.take) else { return false } } catch {
        throw UsageError(description: "there is no \(stream.rawValue) of \(uid): \(error)")
      }
      if !hasEnded { output.pause() }
      return !hasEnded
    }
  }
}
