import ArgumentParser
import Glibc
import SessionLink
import SessionModel

struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Print the events of a session, one JSON object a line, as its journal has them.")

  @Argument(help: sessionHelp)
  var session: String

  @Flag(help: "Go on with what happens, until the session has closed or its host is gone.")
  var follow = false

  func run() throws {
    let found = try SessionFinder().find(session)
    let descriptor = open(found.directory.journal.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UsageProblem(
        description: "the journal \(found.directory.journal) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var host = HostWatch(found)
    var isHeader = true
    // Lines are printed whole: the last one may still be written.
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      // Looked at before the last read: what a host wrote before it ended is printed.
      let isOver = !follow || host.isGone()
      var count = read(descriptor, &chunk, chunk.count)
      while count > 0 {
        pending.append(contentsOf: chunk[..<count])
        if isHeader, let end = pending.firstIndex(of: 0x0a) {
          pending.removeFirst(end + 1)
          isHeader = false
        }
        if !isHeader, let end = pending.lastIndex(of: 0x0a) {
          guard putAll(pending[...end]) else { return }
          pending.removeFirst(end + 1)
        }
        count = read(descriptor, &chunk, chunk.count)
      }
      if isOver { break }
      usleep(200_000)
    }
    if follow, case .sessionClosed? = JournalEdges.lastEvent(of: found.directory.journal)?.kind { return }
    if follow { throw hostGone(found.id) }
  }
}

/// Writes to standard output; false when nobody reads there any more.
func putAll(_ bytes: ArraySlice<UInt8>) -> Bool {
  var rest = bytes
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return false }
    rest = rest.dropFirst(count)
  }
  return true
}
