import JSON
import SessionModel
import SystemPackage

/// The first line of a journal.
struct JournalHeader {
  private var version = 0
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
  static func session(of line: ArraySlice<UInt8>, in path: FilePath) throws(SessionDirectory.DirectoryError) -> String {
    guard let header = try? JournalHeader(line) else {
      throw SessionDirectory.DirectoryError(description: "\(path) is no journal of a session")
    }
    guard header.version == Journal.version else {
      let writer = header.program.map { ", written by \($0)" } ?? ""
      throw SessionDirectory.DirectoryError(
        description: "\(path) is a journal of version \(header.version)\(writer); "
          + "this program reads version \(Journal.version)")
    }
    return header.session
  }

  private init(_ line: ArraySlice<UInt8>) throws {
    try line.withUnsafeBytes { bytes in
      let members = try JSONObject(bytes)
      version = try members.required("scalems_journal", .integer)
      session = try members.optional("session", .text) ?? ""
      program = try members.optional("program", .text)
    }
  }
}
