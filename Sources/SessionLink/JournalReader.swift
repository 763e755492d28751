import SessionModel
import SystemPackage

/// What a whole journal held.
public struct JournalContents: Sendable {
  public var session = ""
  public var events: [SessionEvent] = []
  /// The last line had no end: its writer was killed in the middle of it. It is not among the events.
  public var isTorn = false
  /// Lines that are no events, with their numbers and why.
  public var problems: [String] = []

  /// Reads a whole journal; a torn last line and damaged lines do not stop it.
  ///
  /// - Throws: `SessionDirectory.Problem` when the file cannot be read or is no journal of a version known here.
  public init(reading path: FilePath) throws(SessionDirectory.Problem) {
    let file = try JournalFile(path)
    session = file.session
    var position = file.firstEvent
    // The header is line 1.
    var number = 1
    while true {
      var (events, problems) = ([SessionEvent](), [String]())
      let end = try file.read(from: position) { line in
        number += 1
        do { if let event = try SessionEvent(line: line) { events.append(event) } } catch {
          problems.append("line \(number): \(error)")
        }
      }
      self.events += events
      self.problems += problems
      guard end > position else { break }
      position = end
    }
    isTorn = file.size > position
  }
}
