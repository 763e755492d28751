import Platform
import SessionModel

/// A line of RADICAL-Pilot's own logs that says that something is wrong: `time : component : pid : thread : LEVEL : text`.
struct RadicalLogLine: Equatable {
  var time: Timestamp
  var level: LogLevel
  /// The component and what it says.
  var text: String

  private static let longest = 400
  private static let separator = Array(" : ".utf8)

  /// - Parameter line: without its line feed.
  /// - Returns: `nil` for one that is none, as of a traceback, and for those below a warning.
  init?(_ line: UnsafeRawBufferPointer) {
    var parts: [ArraySlice<UInt8>] = []
    var rest = Array(line.prefix(1 << 12))[...]
    while parts.count < 5 {
      guard let at = Self.next(rest) else { return nil }
      parts.append(rest[..<at])
      rest = rest[(at + Self.separator.count)...]
    }
    func word(_ index: Int) -> String {
      String(decoding: parts[index], as: UTF8.self).trimmed
    }
    switch word(4) {
    case "WARNING", "WARN": level = .warning
    case "ERROR", "CRITICAL", "FATAL": level = .error
    default: return nil
    }
    guard let time = parts[0].withUnsafeBytes({ ProfileLine.time($0[...]) }) else { return nil }
    let said = String(String(decoding: rest, as: UTF8.self).prefix(Self.longest)).trimmed
    guard !said.isEmpty else { return nil }
    (self.time, text) = (time, "\(word(1)): \(said)")
  }

  private static func next(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= separator.count else { return nil }
    return (bytes.startIndex...(bytes.endIndex - separator.count)).first {
      bytes[$0..<($0 + separator.count)].elementsEqual(separator)
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = self.drop { $0.isWhitespace }
    let end = start.lastIndex { !$0.isWhitespace }
    return end.map { String(start[...$0]) } ?? ""
  }
}

/// RADICAL-Pilot's logs of a session: of its program warnings and errors, of its pilots errors. Those of a pilot warn at every
/// end that their parts have died.
final class RadicalLogs {
  private final class Entry {
    var file: ProfileFile
    let least: LogLevel
    init(_ path: String, least: LogLevel) throws(FileError) {
      // At the level DEBUG they are long.
      file = try ProfileFile(path, lastBytes: 1 << 20)
      self.least = least
    }
  }

  private var files: [String: Entry] = [:]
  private static let limit = 512

  /// Takes those files up that were not there before.
  ///
  /// - Parameter names: all that a directory has.
  func add(_ names: [String], in directory: String, least: LogLevel) {
    for name in names where name.hasSuffix(".log") {
      let path = "\(directory)/\(name)"
      guard files[path] == nil, files.count < Self.limit, let entry = try? Entry(path, least: least) else { continue }
      files[path] = entry
    }
  }

  /// What came since the last look, in the order of its times.
  func read() -> [RadicalLogLine] {
    var lines: [RadicalLogLine] = []
    for entry in files.values {
      entry.file.readLines { line in
        guard let line = RadicalLogLine(line), entry.least == .warning || line.level == .error else { return }
        lines.append(line)
      }
    }
    return lines.sorted { $0.time < $1.time }
  }
}
