import Platform
import SessionLink
import SessionModel
import Synchronization
import Wire

/// Events as JSON lines, read back from the journal: a reader that takes its time costs no memory.
final class EventOutput: RunOutput {
  /// `nil` before the session is there, and when nobody reads any more: the work goes on.
  private let tail = Mutex<JournalTail?>(nil)
  private let lane = PrintLane()
  private let printed = Atomic(0)
  private static let portion = 1 << 16

  func begin(_ host: SessionHost) throws {
    let tail = try JournalTail(host.directory.journal, from: .offset(host.journalStart), owner: .thisUser)
    self.tail.withLock { $0 = tail }
    observe([])
  }

  func observe(_ events: [SessionEvent]) { lane.wake { [self] in printNews() } }

  var progress: Int { printed.load(ordering: .relaxed) }

  func finish() { lane.finish { printNews() } }

  func summarize(_ summary: SessionSummary, directory: String) {
    for leftover in summary.leftovers { complain("left behind: \(leftover)") }
    guard tail.withLock({ $0 }) != nil else { return }
    putJSON(summary.line)
  }

  private func printNews() {
    guard let tail = tail.withLock({ $0 }) else { return }
    do {
      while let lines = try tail.wholeLines().map(harmlessJSON) {
        for start in stride(from: 0, to: lines.count, by: Self.portion) {
          let portion = lines[start..<min(start + Self.portion, lines.count)]
          guard putRaw(portion) else { return self.tail.withLock { $0 = nil } }
          printed.add(portion.count, ordering: .relaxed)
        }
      }
    } catch {
      complain("scalems-top: \(error)")
      self.tail.withLock { $0 = nil }
    }
  }
}
