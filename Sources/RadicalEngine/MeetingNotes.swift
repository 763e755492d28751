@preconcurrency import Dispatch
import Glibc
import JSON
import Platform
import Synchronization
import SystemPackage
import Work

/// What staging on RADICAL-Pilot's nodes leaves in a file for the session's log: files that came in place of another
/// task's. It is read on a queue of its own, for its file system may hang.
final class MeetingNotes: Sendable {
  static let fileName = "meetings"
  /// Bytes; those who write stop before.
  private static let longest = 2 << 20

  private struct State {
    var offset = 0
    var left = StagingMeetings.toldLimit
    var isDue = false
  }

  private let directory: HeldDirectory
  private let queue = DispatchQueue(label: "scalems.meetings")
  private let state = Mutex(State())

  /// Makes it and the session's table, for programs elsewhere, which open only what is there.
  ///
  /// - Throws: `FileError` when they cannot be made.
  init(in directory: HeldDirectory, session: HeldDirectory) throws(FileError) {
    self.directory = directory
    try directory.replaceFile(Self.fileName, with: [])
    _ = try session.openOwn(StagingMeeting.tableName, O_RDWR | O_CREAT)
  }

  /// Looks soon whether there is something new.
  ///
  /// - Parameter tell: called with the sentences, if there are any, from another thread.
  func look(_ tell: @escaping @Sendable ([String]) -> Void) {
    let isFirst = state.withLock { state in
      defer { state.isDue = true }
      return !state.isDue
    }
    guard isFirst else { return }
    queue.async { [self] in
      state.withLock { $0.isDue = false }
      let sentences = read()
      if !sentences.isEmpty { tell(sentences) }
    }
  }

  /// What is left to say at the end, unless the file system takes longer than a second.
  func last() -> [String] {
    let found = Found()
    queue.async { [self] in
      found.sentences.withLock { $0 = read() }
      found.isDone.set()
    }
    return found.isDone.wait(atMost: .seconds(1)) ? found.sentences.withLock { $0 } : []
  }

  private final class Found: Sendable {
    let sentences = Mutex<[String]>([])
    let isDone = AutoResetEvent()
  }

  private func read() -> [String] {
    guard let file = try? directory.openOwn(Self.fileName, O_RDONLY) else { return [] }
    return state.withLock { state in
      guard state.offset < Self.longest,
        let bytes = try? FileDescriptor(rawValue: file.number).bytes(
          at: state.offset, count: Self.longest - state.offset),
        let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
      else { return [] }
      state.offset += end + 1
      var result: [String] = []
      for line in bytes[..<end].split(separator: UInt8(ascii: "\n")) {
        guard case .array(let texts)? = try? JSONValue(json: String(decoding: line, as: UTF8.self)), texts.count == 3,
          case (.string(let path), .string(let earlier), .string(let later)) = (texts[0], texts[1], texts[2])
        else { continue }
        var meetings = StagingMeetings()
        meetings.add(StagingMeeting(path: path, earlier: earlier, later: later))
        result += meetings.sentences(within: &state.left)
      }
      return result
    }
  }
}
