import ArgumentParser
import JSON
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import Wire

struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Print the events of a session, one JSON object a line, as its journal has them.",
    discussion: """
      Of a session that another program opened with RADICAL-Pilot: what its files tell, in the same words. Tasks have the \
      uids of RADICAL-Pilot there.

      scalems-top events ID --follow
      """)

  @OptionGroup var session: SessionArgument

  @Flag(help: "Go on with what happens, until the session has closed or its host is gone.")
  var follow = false

  @Flag(help: "As without: they are always JSON.")
  var json = false

  func run() throws {
    let found: FoundSession
    switch try session.choose().session {
    case .ours(let session): found = session
    case .radical(let session): return try printAll(session)
    }
    do {
      let tail = try JournalTail(found.directory.journal, from: .beginning)
      guard follow else {
        _ = try printAll(tail)
        return
      }
      let link = HostLink(found.directory, origin: originWords(), isReadOnly: true)
      let end = try link.follow { () throws(SessionDirectory.DirectoryError) in try !printAll(tail) }
      if end == .unanswered { throw unanswered(link) }
      guard end == .hostGone else { return }
    } catch let problem as SessionDirectory.DirectoryError { throw UsageError(description: "\(problem)") }
    if case .sessionClosed? = JournalEdges.lastEvent(of: found.directory.journal)?.kind { return }
    throw hostGone(found.id)
  }

  /// The events of a session that another program opened, from what that wrote.
  private func printAll(_ session: RadicalSession) throws {
    try session.read(follow: follow) { recording, events in
      var writer = JSONWriter()
      recording.write(events, to: &writer)
      return events.isEmpty || putJSON(writer.bytes)
    }
  }

  /// - Returns: false when nobody reads what is printed any more.
  private func printAll(_ tail: JournalTail) throws(SessionDirectory.DirectoryError) -> Bool {
    let known = tail.problems
    while let lines = try tail.wholeLines() {
      guard putJSON(lines) else { return false }
    }
    let problems = tail.problems
    if problems.count > known.count {
      for text in problems.texts.dropFirst(known.texts.count) {
        complain("scalems-top: damaged, and left out: \(text)")
      }
      if problems.texts.count < problems.count { complain("scalems-top: \(problems.count) lines are damaged in all") }
    }
    return !hasReaderLeft()
  }
}
