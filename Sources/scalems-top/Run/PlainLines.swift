@preconcurrency import Dispatch
import Glibc
import Platform
import SessionModel
import Synchronization
import Words

/// A session as lines of text, each only when it is news: for screen readers, and for terminals that cannot place a
/// cursor.
struct PlainLines {
  /// Numbers change all the time, and are said this often.
  static let interval = 5.0

  var snapshot = SessionSnapshot()
  /// Lines of the log that were said.
  private var said = 0
  private var shown: [String: TerminalText] = [:]
  private var counted: Timestamp?

  /// What is new.
  ///
  /// - Returns: the lines, and whether more will be said later though nothing happens.
  mutating func news(at now: Timestamp) -> (lines: [TerminalText], isMoreDue: Bool) {
    var lines: [TerminalText] = []
    if shown.isEmpty, let info = snapshot.info {
      let name: TerminalText = info.name.isEmpty || info.name == info.id ? "" : " (\(info.name))"
      lines.append(
        "session \(info.id)\(name), engine \(info.engine), \(info.resource), by \(info.user) on \(info.host)")
      // What was before is told in numbers.
      said = max(0, snapshot.logCount - Self.mostLines)
    }
    let new = max(0, snapshot.logCount - said)
    let shownLines = min(new, Self.mostLines, snapshot.log.count)
    if new > shownLines {
      lines.append("\(Format.plural(new - shownLines, "line")) left out here: 'scalems-top log' has them")
    }
    for line in snapshot.log.suffix(shownLines) {
      let level: TerminalText = line.level == .info ? "" : "\(line.level.rawValue): "
      lines.append("\(Format.timeOfDay(line.time.local())) \(level)\(line.text)")
    }
    said = snapshot.logCount
    func add(_ kind: String, _ text: TerminalText?) {
      guard let text, shown[kind] != text else { return }
      shown[kind] = text
      lines.append("\(kind): \(text)")
    }
    let phase: TerminalText = snapshot.phaseReason.map { ": \($0)" } ?? ""
    add("session", "\(snapshot.phase.rawValue)\(phase)")
    add(
      "pilot",
      snapshot.pilot.map { pilot in
        "\(pilot.uid) \(pilot.state.rawValue)" + (pilot.cores > 0 ? ", \(pilot.cores) cores" : "")
          + (pilot.detail.map { ", \($0)" } ?? "")
      })
    add("raptor", snapshot.raptor.map { "\($0.uid) \($0.state.name)" })
    let counts = counts
    guard shown["tasks"] != counts else { return (lines, false) }
    let isDue = counted.map { now.seconds(since: $0) >= Self.interval || now < $0 } ?? true
    guard isDue || snapshot.phase == .closed else { return (lines, true) }
    counted = now
    add("tasks", counts)
    return (lines, false)
  }

  /// Lines of the log that are said at a time: nobody reads a thousand failures as they come.
  private static let mostLines = 20

  private var counts: TerminalText {
    let tasks = snapshot.tasks
    let numbers = Dictionary(uniqueKeysWithValues: TaskPhase.allCases.map { ($0, tasks.count(in: $0)) })
    let words = TaskCounts(numbers, isClosed: snapshot.phase == .closed).words ?? "none"
    guard let pilot = snapshot.pilot, snapshot.phase != .closed else { return "\(words)" }
    return "\(words); \(pilot.usedCores(snapshot.coresInUse)) cores in use"
  }
}

/// Prints a session as lines while it goes on; nobody waits for whoever reads them.
final class PlainPrinter: Sendable {
  private struct State {
    var lines = PlainLines()
    var isDue = false
  }

  private let state = Mutex(State())
  private let counting = DispatchQueue(label: "counting")
  private let lane = PrintLane(interval: 0.5)

  func take(_ update: SessionUpdate) {
    counting.async { [self] in
      state.withLock { state in
        switch update {
        case .snapshot(let snapshot): state.lines.snapshot = snapshot
        case .events(let events): state.lines.snapshot.apply(events)
        case .link, .refused, .timeline: break
        }
      }
      lane.wake { [self] in printNews() }
    }
  }

  /// Prints what is left; returns when that is taken.
  func finish() {
    counting.sync {}
    lane.finish { printNews() }
  }

  private func printNews() {
    let (lines, isMoreDue) = state.withLock { $0.lines.news(at: .now) }
    for line in lines { guard put("\(line)\n") else { return } }
    guard isMoreDue,
      state.withLock({ state in
        defer { state.isDue = true }
        return !state.isDue
      })
    else { return }
    counting.asyncAfter(deadline: .now() + PlainLines.interval) { [self] in
      state.withLock { $0.isDue = false }
      lane.wake { [self] in printNews() }
    }
  }
}

/// `run --plain`.
final class PlainOutput: RunOutput {
  private let printer = PlainPrinter()

  func begin(_ host: SessionHost) { signal(SIGTTOU, SIG_IGN) }
  func observe(_ events: [SessionEvent]) { printer.take(.events(events)) }
  func finish() { printer.finish() }
  var progress: Int { 0 }

  func summarize(_ summary: SessionSummary, directory: String) {
    sayHowItEnded(summary, directory: directory)
  }
}
