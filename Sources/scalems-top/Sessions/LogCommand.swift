import ArgumentParser
import Glibc
import JSON
import Platform
import SessionLink
import SessionModel
import SystemPackage
import Words
import Work
import Words

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Print the log of a session, or what one of its tasks, its raptor or a worker of that printed.",
    discussion: """
      What a task printed goes to files and pipes as it is. On a terminal its lines are shown as a terminal shows them, but \
      without colours, and nothing in them acts on the terminal; --raw has it as it is there, too.

      scalems-top log ID                    what the session itself says
      scalems-top log ID sim.3 --follow     what a task prints, as it comes
      scalems-top log ID sim.3 --stderr --tail 20
      """)

  @OptionGroup var session: SessionArgument

  @Argument(
    help: """
      A task, by uid (task.000042) or by name (hello.3), a raptor (raptor.0000), or a worker of one on RADICAL-Pilot \
      (raptor.0000.worker.0); its standard output is printed.
      """)
  var task: String?

  @Flag(help: "Go on with what comes, until the task or the session has ended.")
  var follow = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Begin with the last so many lines.", valueName: "n"))
  var tail: Int?

  @Flag(help: "The task's standard error instead.")
  var stderr = false

  @Flag(help: "The log of the session as JSON, one object a line: time, level and text.")
  var json = false

  @Flag(help: "What the task printed as it is, also on a terminal, which it may change.")
  var raw = false

  func validate() throws {
    if let tail, !(0...Self.mostLines).contains(tail) {
      throw ValidationError("--tail is a number of lines from 0 to \(Self.mostLines), not \(tail)")
    }
  }

  private static let mostLines = 1_000_000_000

  func run() throws {
    let choice = try session.choose(.tasks(task.map { [$0] } ?? []))
    guard choice.words.count <= 1 else {
      throw UsageError(description: "log prints what one task printed, not \(choice.words.count): name one")
    }
    let task = choice.words.first
    for (isGiven, option) in [(raw, "--raw"), (stderr, "--stderr")] where isGiven && task == nil {
      throw ValidationError("\(option) is for what a task printed: name a task")
    }
    guard !json || task == nil else {
      throw ValidationError("--json is for the log of the session: what a task printed is no JSON")
    }
    let found: FoundSession
    switch choice.session {
    case .ours(let session): found = session
    case .radical(let session):
      let reader = RadicalLog(session: session, follow: follow, lines: tail, isJSON: json)
      guard let task else { return try reader.printLog() }
      return try reader.printOutput(of: task, stream: stderr ? .stderr : .stdout, isRaw: raw)
    }
    do {
      let reader = LogReader(found, follow: follow, lines: tail, isJSON: json)
      if let task {
        try reader.printOutput(of: task, stream: stderr ? .stderr : .stdout, isRaw: raw)
      } else {
        try reader.printLog()
      }
    } catch let problem as SessionDirectory.DirectoryError { throw UsageError(description: "\(problem)") }
  }
}

/// Prints texts of a session as they come.
private final class LogReader {
  private let found: FoundSession
  private let follow: Bool
  /// The last so many lines to begin with.
  private let lines: Int?
  private let isJSON: Bool
  private var snapshot = SessionSnapshot()
  /// What a task prints is no news of its session.
  private static let pause = 0.2

  init(_ found: FoundSession, follow: Bool, lines: Int?, isJSON: Bool) {
    self.isJSON = isJSON
    self.found = found
    self.follow = follow
    self.lines = lines
  }

  /// Prints what there is and, if it is to be followed, what comes.
  ///
  /// - Parameter part: prints what is new, and says whether that was all there will be.
  private func printAll(atMost limit: Double? = nil, _ part: () throws -> Bool) throws {
    guard follow else {
      _ = try part()
      return
    }
    let link = HostLink(found.directory, origin: originWords(), isReadOnly: true)
    let end = try link.follow(atMost: limit) { () throws(any Error) in try part() || hasReaderLeft() }
    if end == .unanswered { throw unanswered(link) }
    if end == .hostGone { throw hostGone(found.id) }
  }

  /// From its first line on, so not from a checkpoint: that has the last ones alone.
  func printLog() throws {
    let tail = try JournalTail(found.directory.journal, from: .beginning)
    var log = PrintedLog(last: lines, isJSON: isJSON)
    try printAll {
      while let events = try tail.events() { guard log.take(events) else { return true } }
      guard log.begin() else { return true }
      return log.snapshot.phase == .closed
    }
  }

  func printOutput(of name: String, stream: OutputStream, isRaw: Bool) throws {
    let follower = try JournalFollower(directory: found.directory)
    try follower.update(&snapshot)
    guard let task = snapshot.tasks.task(uid: name) ?? snapshot.tasks.task(named: name) else {
      // A task may be called so, too.
      guard let raptor = RaptorLog(of: name, in: found.directory, snapshot, stream) else {
        throw UsageError(description: "session \(found.id) has no task '\(name)'")
      }
      return try show(raptor.uid, stream, raptor.tail, follower, isRaw: isRaw, missing: "there is no \(raptor.path)") {
        raptor.hasEnded($0)
      }
    }
    guard let description = snapshot.tasks.batch(of: task)?.description(of: task) else { return }
    let file = stream == .stdout ? description.stdout : description.stderr
    let tail = TaskOutputTail(found.directory, of: task, named: file)
    try show(task.uid, stream, tail, follower, isRaw: isRaw, missing: nil) {
      $0.tasks.state(of: task).isFinal || $0.phase == .closed
    }
  }

  /// - Parameters:
  ///   - missing: what is said when there is nothing; that it has written nothing when `nil`.
  ///   - isOver: whether nothing comes any more.
  private func show(
    _ uid: String, _ stream: OutputStream, _ tail: TaskOutputTail, _ follower: JournalFollower, isRaw: Bool,
    missing: String?, isOver: @escaping (SessionSnapshot) -> Bool
  ) throws {
    if let lines { tail.begin(withLast: lines) }
    let output: TaskOutput = isRaw || isatty(STDOUT_FILENO) != 1 ? .raw : .terminal(TaskOutput.Screen())
    tail.onRestart = {
      output.end()
      complain("scalems-top: \(uid) begins again")
    }
    defer { output.end() }
    try printAll(atMost: Self.pause) {
      try follower.update(&snapshot)
      let hasEnded = isOver(snapshot)
      do { guard try tail.read(output.take) else { return true } } catch {
        throw UsageError(description: "there is no \(stream.rawValue) of \(uid): \(error)")
      }
      if !tail.hasBegun, hasEnded || !follow {
        let why = missing ?? "it has written nothing\(hasEnded ? "" : " yet")"
        throw UsageError(description: "there is no \(stream.rawValue) of \(uid): \(why)")
      }
      if !hasEnded { output.pause() }
      return hasEnded
    }
  }
}

/// The log of a session, printed as its events come.
struct PrintedLog {
  private(set) var snapshot = SessionSnapshot()
  private var printed = 0
  /// The last lines, which are kept until it is known that they are; `nil` when lines are printed as they come.
  private var kept: [SessionSnapshot.LogLine]?
  private var limit = 0

  private let isJSON: Bool

  /// - Parameter last: how many of the lines that are there are printed; all when `nil`.
  init(last: Int? = nil, isJSON: Bool = false) {
    self.isJSON = isJSON
    guard let last else { return }
    (kept, limit) = ([], last)
  }

  /// - Returns: false when nobody reads any more.
  mutating func take(_ events: [SessionEvent]) -> Bool {
    for event in events {
      snapshot.apply(event)
      guard snapshot.logCount > printed else { continue }
      let new = snapshot.log.suffix(snapshot.logCount - printed)
      printed = snapshot.logCount
      guard kept == nil else {
        kept?.append(contentsOf: new)
        // In large steps.
        if let count = kept?.count, count / 2 > limit + 500 { kept?.removeFirst(count - limit) }
        continue
      }
      for line in new { guard put(line) else { return false } }
    }
    return true
  }

  /// What there was is all taken: what comes is printed as it comes.
  ///
  /// - Returns: false when nobody reads any more.
  mutating func begin() -> Bool {
    guard let lines = kept?.suffix(limit) else { return true }
    kept = nil
    return lines.allSatisfy(put)
  }

  private func put(_ line: SessionSnapshot.LogLine) -> Bool {
    if isJSON {
      var json = JSONWriter()
      json.beginObject()
      json.member("time", microseconds: line.time.microseconds)
      json.member("level", line.level.rawValue)
      json.member("text", line.text)
      json.endObject()
      json.endLine()
      return putJSON(json.bytes)
    }
    let level: TerminalText = line.level == .info ? "" : " \(line.level.rawValue):"
    return Platform.put("\(Format.dateTime(line.time.local()))\(level) \(line.text)\n")
  }
}

/// Where the output of a task goes.
enum TaskOutput {
  /// To a file or a program, as it is.
  case raw
  case terminal(Screen)

  final class Screen {
    var stream = PrintedStream()
  }

  /// - Returns: false when nobody reads any more.
  func take(_ bytes: ArraySlice<UInt8>) -> Bool {
    switch self {
    case .raw: putRaw(bytes)
    case .terminal(let screen): put(screen.stream.take(bytes))
    }
  }

  /// Shows what has no end of line yet, while nothing comes.
  func pause() {
    guard case .terminal(let screen) = self else { return }
    var size = winsize()
    let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    put(screen.stream.unfinished(columns: isKnown ? Int(size.ws_col) : 80))
  }

  /// What comes then begins a line.
  func end() {
    guard case .terminal(let screen) = self else { return }
    put(screen.stream.end())
    screen.stream = PrintedStream()
  }
}
