import Glibc
import Leftovers
import Platform

/// What a session left running whose host, guard and agent were killed, before it is taken up again: its owner is told, and
/// asked on a terminal.
struct StrayOffer {
  let session: String

  func make() {
    let dead = DeadSessions()
    guard let found = dead.find(session: session).first else { return }
    complain("scalems-top: session \(session) left running: \(found.words.joined(separator: ", "))")
    guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1, !ReadOnly.isDemanded else {
      return complain(
        "'scalems-top doctor --orphans --yes' ends it before a --resume; now it goes on until the session has closed")
    }
    prompt("End \(found.processes.count) process(es) first? [y/N] ")
    guard ["y", "yes"].contains((readLine() ?? "").lowercased()) else { return }
    let left = waiting { await dead.end(session) }
    for words in left { complain("left behind: \(words)") }
  }
}
