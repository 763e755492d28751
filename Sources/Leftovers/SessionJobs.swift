import Platform

/// The Slurm jobs of one RADICAL-Pilot session.
public struct SessionJobs: Sendable {
  private let record: RadicalRecord
  private let queue: SlurmQueue
  private let mark: RadicalMark?

  public init(of record: RadicalRecord, in queue: SlurmQueue) { self.init(of: record, nil, in: queue) }

  /// - Parameter mark: what shows that a job's directory is the session's.
  init(of record: RadicalRecord, _ mark: RadicalMark?, in queue: SlurmQueue) {
    self.record = record
    self.mark = mark ?? record.rpSession.map(RadicalMark.init(ours:))
    self.queue = queue
  }

  /// Those of a listing, by their ids and by the session's name in their directories. Of a job whose line could not be
  /// read the state is empty.
  public func among(_ listing: SlurmQueue.Listing) -> [SlurmQueue.Job] {
    let isHere = record.host == machineName()
    func isOurs(_ id: String, _ place: String) -> Bool {
      // Another machine may be one of another cluster, which counts its jobs by itself.
      if isHere, record.jobs.contains(id) { return true }
      return mark?.isIn(Array(place.utf8)) ?? false
    }
    let unreadable = listing.unreadable.compactMap { line in
      SlurmQueue.id(of: line).map { SlurmQueue.Job(id: $0, state: "", reason: "", directory: line) }
    }
    return (listing.jobs + unreadable).filter { isOurs($0.id, $0.directory) }
  }

  /// What holds the session's pilots, as far as it can be found out.
  func find() async -> [Leftover] {
    switch record.batch {
    case .none: return []
    case .other(let manager): return [Leftover(unsearched: manager)]
    case .slurm: break
    }
    // A pilot is submitted before its job is known: without any, there may be some.
    guard queue.isThere || !record.jobs.isEmpty else { return [] }
    guard case .listed(let listing) = await queue.look(at: record.host == machineName() ? record.jobs : []) else {
      return unknown
    }
    return among(listing).filter { !$0.isOver }.map(Leftover.init)
  }

  /// What is said while Slurm does not answer.
  var unknown: [Leftover] {
    guard record.batch == .slurm, queue.isThere || !record.jobs.isEmpty else { return [] }
    return (record.jobs.isEmpty ? [""] : record.jobs).map { Leftover(job: $0, state: "", reason: "") }
  }

  func cancel(_ found: [Leftover]) async {
    await queue.cancel(found.filter { $0.kind == .job }.map(\.id).filter { !$0.isEmpty })
  }
}

extension RadicalRecord {
  /// What gives out the nodes of the session's resource.
  public enum Batch: Equatable, Sendable {
    /// This machine is the resource.
    case none
    /// It is, or may be: a record of an earlier version does not say.
    case slurm
    /// RADICAL-Pilot's name of one that is not asked.
    case other(String)
  }

  public var batch: Batch {
    let isLocal = resource.hasPrefix("local.")
    return switch manager {
    case "SLURM": .slurm
    case "FORK": .none
    // Whoever recorded jobs had them of Slurm.
    case nil: isLocal && jobs.isEmpty ? .none : .slurm
    case let name?: isLocal ? .none : .other(name)
    }
  }
}

extension Leftover {
  init(_ job: SlurmQueue.Job) { self.init(job: job.id, state: job.state, reason: job.reason) }

  /// - Parameter state: empty when Slurm did not say.
  init(job id: String, state: String, reason: String) {
    let state = state.isEmpty ? "Slurm does not answer" : state + (reason.isEmpty ? "" : ", \(reason)")
    let name = id.isEmpty ? "Slurm jobs, if there are any" : "Slurm job \(id)"
    self.init(kind: .job, id: id, words: "\(name) (\(state))")
  }

  init(unsearched manager: String) {
    self.init(
      kind: .unsearched, id: "",
      words: "jobs of \(manager), if there are any (not looked for: ask \(manager)'s own programs)")
  }
}
