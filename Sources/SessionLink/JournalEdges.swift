import Platform
import SessionModel
import SystemPackage
import Wire

/// The first and the last event of a journal, without reading what is between.
public enum JournalEdges {
  /// Longer lines than this are not the first or the last of a session.
  private static let reach = 64 << 10

  /// The id of the session; `nil` when the file cannot be read or is no journal of a version known here.
  public static func session(of path: FilePath) -> String? {
    guard let line = startOfFile(path.string, reach).split(separator: 0x0a, maxSplits: 1).first else { return nil }
    return try? JournalHeader.session(of: line[...], in: path)
  }

  /// The first event; `nil` when there is none, or the file cannot be read.
  public static func firstEvent(of path: FilePath) -> SessionEvent? {
    let lines = startOfFile(path.string, reach).split(separator: 0x0a, maxSplits: 2, omittingEmptySubsequences: false)
    // The first line is the header, and the last one may go on.
    guard lines.count == 3 else { return nil }
    return event(lines[1])
  }

  /// What was known of the session when it opened, and when that was; `nil` when the file does not begin with it.
  public static func opening(of path: FilePath) -> (info: SessionInfo, time: Timestamp)? {
    // The first line is the header, and the last one may go on.
    for line in startOfFile(path.string, reach).split(separator: 0x0a).dropFirst() {
      if let event = event(line), case .sessionOpened(let info) = event.kind { return (info, event.time) }
    }
    return nil
  }

  /// The last event; `nil` when there is none, it was not written whole, or the file cannot be read.
  public static func lastEvent(of path: FilePath) -> SessionEvent? {
    let bytes = endOfFile(path.string, reach)
    guard bytes.last == 0x0a, let start = bytes.dropLast().lastIndex(of: 0x0a) else { return nil }
    return event(bytes[(start + 1)...].dropLast())
  }

  private static func event(_ line: ArraySlice<UInt8>) -> SessionEvent? {
    line.withUnsafeBytes { try? SessionEvent(line: $0) }
  }
}
