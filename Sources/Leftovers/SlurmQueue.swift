import Glibc
import Platform

/// The one place that knows how `squeue` is asked and what it prints.
public struct SlurmQueue: Sendable {
  /// A job of this user, over or not.
  public struct Job: Equatable, Sendable {
    public var id: String
    /// `RUNNING`, `PENDING`, `COMPLETING`, …
    public var state: String
    /// Why it waits, as Slurm puts it; empty when it doesn't.
    public var reason: String
    public var directory: String

    public init(id: String, state: String, reason: String, directory: String) {
      self.id = id
      self.state = state
      self.reason = reason
      self.directory = directory
    }

    /// Whether it holds nothing any more; a job that completes still does.
    public var isOver: Bool { Self.final.contains(state) }

    /// Whether it has no nodes, and is to get some.
    public var isWaiting: Bool { Self.waiting.contains(state) }

    private static let waiting: Set = ["PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"]

    private static let final: Set = [
      "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
      "TIMEOUT",
    ]
  }

  /// What was made of one look at the queue.
  public struct Listing: Equatable, Sendable {
    public var jobs: [Job] = []
    /// Lines that are no jobs as they should be: of those, nothing is known.
    public var unreadable: [String] = []
  }

  public enum Answer: Equatable, Sendable {
    case listed(Listing)
    /// Slurm did not say anything, so that nothing is known.
    case none
  }

  /// Where `squeue` and `scancel` are looked for; `PATH` when `nil`.
  public var searchPath: String?
  /// What each of them may take; a Slurm that hangs must not hang us.
  public var limit: Duration

  public init(searchPath: String? = nil, limit: Duration = .seconds(10)) {
    self.searchPath = searchPath
    self.limit = limit
  }

  /// Whether this machine has a Slurm to ask.
  public var isThere: Bool { programPath("squeue", in: searchPath ?? ProcessEnvironment().path) != nil }

  /// What a slow `squeue` gets before the jobs are asked for one by one.
  private static let patience = Duration.seconds(3)
  private static let format = "%i|%Z|%T|%r"
  /// What it prints above the jobs: without it, what was printed is not its answer.
  private static let header = "JOBID|WORK_DIR|STATE|REASON"

  /// Asks for this user's jobs, those that have just ended included.
  ///
  /// - Parameter ids: jobs that are asked for one by one when the queue does not answer soon, or in no readable way.
  public func look(at ids: [String] = []) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      group.addTask { await list() }
      if !ids.isEmpty {
        group.addTask {
          // Ended early by whoever has the answer.
          try? await Task.sleep(for: Self.patience)
          return Task.isCancelled ? .none : await show(ids)
        }
      }
      for await answer in group where answer != .none {
        group.cancelAll()
        return answer
      }
      return .none
    }
  }

  private func list() async -> Answer {
    let outcome = await run("squeue", ["-u", "\(getuid())", "-t", "all", "-o", Self.format])
    // Of a queue that was cut, nobody knows what is missing.
    guard let outcome, outcome.status == 0, outcome.isWhole, let listing = Self.parse(outcome.stdout) else {
      return .none
    }
    return .listed(listing)
  }

  private func show(_ ids: [String]) async -> Answer {
    var listing = Listing()
    for id in ids {
      guard let outcome = await run("scontrol", ["-o", "show", "job", id]) else { return .none }
      if outcome.status != 0, (outcome.stdout + outcome.stderr).contains("Invalid job id") { continue }
      guard outcome.status == 0, let job = Self.parseJob(outcome.stdout), job.id == id else { return .none }
      listing.jobs.append(job)
    }
    return .listed(listing)
  }

  /// Settings of the user's that would hide jobs are not the ones that are asked for here.
  private func run(_ program: String, _ arguments: [String]) async -> ExternalCommand.Outcome? {
    await ExternalCommand.run(
      program, arguments, searchPath: searchPath, without: { Set($0.filter { $0.hasPrefix("SQUEUE_") }) }, limit: limit)
  }

  /// Cancels jobs; whether it did, a later ``look()`` tells.
  public func cancel(_ ids: [String]) async {
    guard !ids.isEmpty else { return }
    _ = await ExternalCommand.run("scancel", ids, searchPath: searchPath, limit: limit)
  }

  /// - Returns: `nil` when it is not what `squeue` prints.
  static func parse(_ text: String) -> Listing? {
    let lines = text.split(separator: "\n")
    // A site may print a notice above.
    guard let header = lines.firstIndex(where: { $0 == Self.header }) else { return nil }
    var listing = Listing()
    for line in lines[(header + 1)...] {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      let id = id(of: line)
      guard fields.count >= 4, let id, let state = fields.dropLast().last?.trimmingSpaces(), !state.isEmpty else {
        listing.unreadable.append(String(line))
        continue
      }
      listing.jobs.append(
        Job(
          // A work directory may hold the separator: the id is first, state and reason are last.
          id: id, state: state, reason: reason(fields[fields.count - 1].trimmingSpaces()),
          directory: fields[1..<(fields.count - 2)].joined(separator: "|")))
    }
    return listing
  }

  /// `JobId=13 … JobState=NODE_FAIL Reason=NodeDown Dependency=(null) … WorkDir=/x …` in one line.
  static func parseJob(_ text: String) -> Job? {
    func value(_ name: String, until end: String = " ") -> String? {
      guard let start = text.firstRange(of: (name == "JobId" ? "" : " ") + name + "=") else { return nil }
      let rest = text[start.upperBound...]
      return String(rest[..<(rest.firstRange(of: end)?.lowerBound ?? rest.endIndex)])
    }
    guard text.hasPrefix("JobId="), let id = value("JobId"), let state = value("JobState"), !state.isEmpty else {
      return nil
    }
    return Job(
      id: id, state: state, reason: reason(value("Reason", until: " Dependency=") ?? ""),
      directory: value("WorkDir", until: " StdErr=") ?? "")
  }

  private static func reason(_ text: String) -> String { ["None", "(null)"].contains(text) ? "" : text }

  /// The id that a line begins with: a number, or that of an array of jobs.
  static func id(of line: some StringProtocol) -> String? {
    let id = line.prefix { $0 != "|" }.drop { $0 == " " }.prefix { $0 != " " }
    guard let first = id.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
    return String(id)
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> String {
    let start = self.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }.map { start.index(after: $0) } ?? start.startIndex
    return String(start[..<end])
  }
}
