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

  /// Asks for this user's jobs.
  public func look() async -> Answer {
    let outcome = await ExternalCommand.run(
      "squeue", ["-h", "-u", "\(getuid())", "-o", "%i|%Z|%T|%r"], searchPath: searchPath, limit: limit)
    guard let outcome, outcome.status == 0 else { return .none }
    return .listed(Self.parse(outcome.stdout))
  }

  /// Cancels jobs; whether it did, a later ``look()`` tells.
  public func cancel(_ ids: [String]) async {
    guard !ids.isEmpty else { return }
    _ = await ExternalCommand.run("scancel", ids, searchPath: searchPath, limit: limit)
  }

  static func parse(_ text: String) -> Listing {
    var listing = Listing()
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      let id = id(of: line)
      guard fields.count >= 4, let id, let state = fields.dropLast().last?.trimmingSpaces(), !state.isEmpty else {
        listing.unreadable.append(String(line))
        continue
      }
      let reason = fields[fields.count - 1].trimmingSpaces()
      listing.jobs.append(
        Job(
          // A work directory may hold the separator: the id is first, state and reason are last.
          id: id, state: state, reason: ["None", "(null)"].contains(reason) ? "" : reason,
          directory: fields[1..<(fields.count - 2)].joined(separator: "|")))
    }
    return listing
  }

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
