import Foundation
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A directory of its own for a test, gone with it.
final class Scratch {
  let path: FilePath

  init() {
    var template = Array("/tmp/scalems-test.\(String(repeating: "X", count: 6))".utf8CString)
    path = FilePath(mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere")
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  subscript(name: String) -> FilePath { path.appending(name) }
}

/// What an observer was told.
final class Told: Sendable {
  private let state = Mutex<[SessionEvent]>([])
  var events: [SessionEvent] { state.withLock { $0 } }
  func add(_ events: [SessionEvent]) { state.withLock { $0 += events } }
}

func mode(_ path: FilePath) -> mode_t? {
  var status = stat()
  return stat(path.string, &status) == 0 ? status.st_mode & 0o7777 : nil
}

func bytes(_ path: FilePath) -> [UInt8] {
  guard let file = fopen(path.string, "re") else { return [] }
  defer { fclose(file) }
  var result: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { result += chunk[..<count] }
  return result
}

func put(_ bytes: some Sequence<UInt8>, into path: FilePath) {
  guard let file = fopen(path.string, "we") else { return }
  defer { fclose(file) }
  let all = Array(bytes)
  fwrite(all, 1, all.count, file)
}

func log(_ text: String) -> SessionEvent {
  SessionEvent(time: Timestamp(microseconds: 1_785_571_200_000_000), source: .executor, .log(.info, text))
}

extension Journal {
  /// Records, and waits until it is written.
  func write(_ events: [SessionEvent]) {
    record(events)
    if !flush(within: .seconds(20)) { Issue.record("\(events.count) events were not written") }
  }

  /// Has the journal looked after, and waits for that.
  func maintainNow() {
    maintain()
    write([])
  }
}
