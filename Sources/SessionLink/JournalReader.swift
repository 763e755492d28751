import SessionModel
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// What a journal held.
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
    let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be read: \(text(errno))")
    }
    defer { close(descriptor) }
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    var number = 0
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw SessionDirectory.Problem(description: "the journal \(path) cannot be read: \(text(errno))")
      }
      guard count > 0 else { break }
      pending.append(contentsOf: chunk[..<count])
      var start = 0
      while let end = pending[start...].firstIndex(of: 0x0a) {
        number += 1
        let line = pending[start..<end]
        if number == 1 {
          session = try Self.session(of: line, in: path)
        } else {
          add(line, number)
        }
        start = end + 1
      }
      pending.removeFirst(start)
    }
    isTorn = !pending.isEmpty
    guard number > 0 else { throw SessionDirectory.Problem(description: "\(path) is empty: no session was recorded") }
  }

  private mutating func add(_ line: ArraySlice<UInt8>, _ number: Int) {
    do {
      if let event = try line.withUnsafeBytes({ try SessionEvent(line: $0) }) { events.append(event) }
    } catch {
      problems.append("line \(number): \(error)")
    }
  }

  private static func session(
    of line: ArraySlice<UInt8>, in path: FilePath
  ) throws(SessionDirectory.Problem) -> String {
    guard let header = try? Header(line), let version = header.version else {
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

  /// The first line of a journal.
  private struct Header {
    var version: Int?
    var session = ""
    var program: String?

    init(_ line: ArraySlice<UInt8>) throws {
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
}
