import Glibc
import Platform

/// The Slurm jobs of one RADICAL-Pilot session, as `squeue` lists them.
struct SlurmJobs: Sendable {
  struct Job: Equatable, Sendable {
    /// Empty for those that may be there: Slurm did not answer.
    var id: String
    /// `RUNNING`, `PENDING`, `COMPLETING`, …; empty when Slurm did not answer.
    var state: String
    /// Why it waits, as Slurm puts it.
    var reason: String
  }

  let record: RadicalRecord
  /// Where `squeue` and `scancel` are looked for.
  let searchPath: String?
  /// What each of them may take; a Slurm that hangs must not hang us.
  var limit: Duration = .seconds(10)

  /// The jobs that are not over. When Slurm does not answer, those that were recorded.
  func find() async -> [Job] {
    guard mayHaveOthers || !record.jobs.isEmpty else { return [] }
    let format = "%i|%Z|%T|%r"
    let outcome = await ExternalCommand.run(
      "squeue", ["-h", "-u", "\(getuid())", "-o", format], searchPath: searchPath, limit: limit)
    if let outcome, outcome.status == 0 { return parse(outcome.stdout) }
    let recorded = record.jobs.map { Job(id: $0, state: "", reason: "") }
    guard recorded.isEmpty, mayHaveOthers else { return recorded }
    return [Job(id: "", state: "", reason: "")]
  }

  /// Whether there may be jobs that were not recorded: a pilot is submitted before its job is known.
  private var mayHaveOthers: Bool {
    !record.resource.hasPrefix("local.") && record.manager ?? "SLURM" == "SLURM"
      && programPath("squeue", in: searchPath ?? ProcessEnvironment().path) != nil
  }

  /// Cancels jobs; whether it did, a later ``find()`` tells.
  func cancel(_ jobs: [Job]) async {
    let ids = jobs.map(\.id).filter { !$0.isEmpty }
    guard !ids.isEmpty else { return }
    _ = await ExternalCommand.run("scancel", ids, searchPath: searchPath, limit: limit)
  }

  /// Those of the session in what `squeue` printed.
  func parse(_ text: String) -> [Job] {
    let isHere = record.host == machineName()
    let mark = record.rpSession.map { Array($0.utf8) } ?? []
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      guard fields.count >= 4 else { return nil }
      // A work directory may hold the separator: the id is first, state and reason are last.
      let id = fields[0].trimmingSpaces()
      let directory = fields[1..<(fields.count - 2)].joined(separator: "|")
      let state = fields[fields.count - 2].trimmingSpaces()
      guard let first = id.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
      // Another machine may be one of another cluster, which counts its jobs by itself.
      let isRecorded = isHere && record.jobs.contains(id)
      let isMarked = mark.count >= ProcessSearch.shortestID && holds(Array(directory.utf8), mark)
      guard isRecorded || isMarked, !Self.final.contains(state) else { return nil }
      return Job(id: id, state: state, reason: fields[fields.count - 1].trimmingSpaces())
    }
  }

  /// States of jobs that hold nothing any more; `COMPLETING` is none of them.
  private static let final: Set = [
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
  ]
}

extension Substring {
  fileprivate func trimmingSpaces() -> String {
    let start = self.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }.map { start.index(after: $0) } ?? start.startIndex
    return String(start[..<end])
  }
}
