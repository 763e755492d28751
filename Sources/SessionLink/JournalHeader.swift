import JSON
import SessionModel
import SystemPackage

/// The first line of a journal.
struct JournalHeader {
  private var version: Int?
  private var session = ""
  private var program: String?

  /// The line for a new journal.
  static func line(session: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("scalems_journal", Journal.version)
    writer.member("session", session)
    writer.member("program", "scalems-top \(programVersion)")
    writer.member("created", Timestamp.now)
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  /// - Returns: the id of the session.
  /// - Throws: when the line is none of a journal, or of another version.
  static func session(of line: ArraySlice<UInt8>, in path: FilePath) throws(SessionDirectory.Problem) -> String {
    guard let header = try? JournalHeader(line), let version = header.version else {
      throw SessionDirectory.Problem(description: "\(path) is no journal of a session")
    }
    guard version == Journal.version else {
      let writer = header.program.map { ", written by \($0)" } ?? ""
      throw SessionDirectory.Problem(
        description: "\(path) is a journal of version \(version)\(writer); "
          + "this program reads version \(Journal.version)")
    }
    return header.session
  }

  private init(_ line: ArraySlice<UInt8>) throws {
    try line.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      try scanner.beginObject()
      while let key = try scanner.nextKey() {
        if key.equals("scalems_journal") {
          version = Int(try scanner.integer())
        } else if key.equals("session") {
          session = try scanner.string().text
        } else if key.equals("program") {
          program = try scanner.string().text
        } else {
          _ = try scanner.value()
        }
      }
    }
  }
}
