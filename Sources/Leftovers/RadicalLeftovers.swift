import Glibc
import Platform

/// Something a RADICAL-Pilot session left behind.
public struct Leftover: Hashable, Sendable {
  public enum Kind: Sendable {
    case process, job
    /// What may be there, in a batch system that is not asked.
    case unsearched
  }

  public var kind: Kind
  /// The process id, or that of the Slurm job; empty for jobs that may be there, because Slurm does not answer.
  public var id: String
  /// What it is, for people: `process 4711 (sleep 60)`, `Slurm job 12 (RUNNING)`.
  public var words: String
}

/// Finds and ends what a RADICAL-Pilot session left: processes of this user on this machine, and Slurm jobs.
///
/// Nothing is touched that does not show that it belongs to the session; never this process or one it descends from.
public struct RadicalLeftovers: Sendable {
  private let search: ProcessSearch
  private let jobs: SessionJobs
  private let isPilotOver: Bool
  /// What SIGKILL may take to have an effect.
  private static let killLimit = Duration.seconds(5)
  /// What jobs get to leave the queue in.
  private let jobLimit: Duration

  /// - Parameters:
  ///   - isPilotOver: whether RADICAL-Pilot said so: then nothing is supposed of a batch system that is not asked.
  ///   - searchPath: where `squeue` and `scancel` are looked for; `PATH` when `nil`.
  ///   - commandLimit: what each call of them may take.
  ///   - jobLimit: what canceled jobs get to leave the queue in.
  public init(
    of record: RadicalRecord, isPilotOver: Bool = false, searchPath: String? = nil,
    commandLimit: Duration = .seconds(10),
    jobLimit: Duration = .seconds(15)
  ) {
    self.init(record, nil, SlurmQueue(searchPath: searchPath, limit: commandLimit), isPilotOver, jobLimit)
  }

  private init(
    _ record: RadicalRecord, _ mark: RadicalMark?, _ queue: SlurmQueue, _ isPilotOver: Bool, _ jobLimit: Duration,
    sparing others: Set<pid_t> = []
  ) {
    search = ProcessSearch(record: record, mark: mark, sparing: others)
    jobs = SessionJobs(of: record, mark, in: queue)
    self.isPilotOver = isPilotOver
    self.jobLimit = jobLimit
  }

  /// Of a session that another program opened, by RADICAL-Pilot's id; its jobs are found by their directories.
  ///
  /// - Parameters:
  ///   - directory: the one that its program made, if it is known.
  ///   - hasSandbox: false when a live session has the same id, and so the same sandbox.
  ///   - resource: what its pilots run on; `nil` when that is not known, so that they may be jobs.
  ///   - manager: what gives out the nodes of its pilots, by RADICAL-Pilot's name; `nil` when that is not known.
  ///   - others: processes that have another part in it than to be left by it.
  public init(
    ofSession id: String, directory: String?, hasSandbox: Bool = true, resource: String?, manager: String? = nil,
    sparing others: Set<pid_t> = []
  ) {
    var record = RadicalRecord(session: id, helper: 0, resource: resource ?? "unknown", rpSession: id)
    record.owner = nil
    record.manager = manager
    let mark = RadicalMark(id, directory: directory, hasSandbox: hasSandbox)
    self.init(record, mark, SlurmQueue(), false, .seconds(15), sparing: others)
  }

  /// What there is now: processes, then jobs. Takes as long as `squeue` does, 10 s at most.
  public func find() async -> [Leftover] {
    processes() + (await findJobs())
  }

  private func findJobs() async -> [Leftover] { await jobs.find().filter { $0.kind == .job || !isPilotOver } }

  /// The processes that are left; Slurm is not asked.
  public func processes() -> [Leftover] { search.run().map(Leftover.init) }

  /// Ends it all: SIGTERM, after the grace SIGKILL, and `scancel`, at the same time. It cannot be canceled.
  ///
  /// Takes at most the grace and 5 s for processes, and for jobs 15 s and three calls of Slurm's programs.
  ///
  /// - Parameter asksForJobs: `false`: all that may be in the queue is named instead.
  /// - Returns: what could not be ended.
  public func end(grace: Duration, asksForJobs: Bool = true) async -> [Leftover] {
    // A task of its own: clean-up goes on when whoever asked for it is canceled.
    let work = Task.detached {
      async let processes = endProcesses(grace: grace)
      async let jobs = asksForJobs ? endJobs() : jobs.unknown
      return await processes + jobs
    }
    return await work.value
  }

  private func endProcesses(grace: Duration) async -> [Leftover] {
    let killTime = ContinuousClock.now + grace
    var killed: ContinuousClock.Instant?
    var asked: Set<ProcessIdentity> = []
    var empty = 0
    // What is being ended may start others: they are gone when two looks in a row find none.
    while true {
      var found = search.run()
      // Whoever was asked to end stays ours, also when nobody is left who shows that its group is the session's.
      let known = Set(found.map(\.pid))
      found += asked.filter { !known.contains($0.pid) && $0.isAlive }.compactMap { ProcessTable.entry(of: $0.pid) }
      empty = found.isEmpty ? empty + 1 : 0
      if empty == 2 { return [] }
      let now = ContinuousClock.now
      // On a busy machine a look takes seconds.
      if let killed, now > killed + Self.killLimit { return found.map(Leftover.init) }
      if now >= killTime { killed = killed ?? now }
      for process in found {
        if now >= killTime {
          kill(process.pid, SIGKILL)
        } else if asked.insert(ProcessIdentity(pid: process.pid, start: process.start)).inserted {
          kill(process.pid, SIGTERM)
        }
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private func endJobs() async -> [Leftover] {
    var found = await findJobs()
    guard found.contains(where: { $0.kind == .job }) else { return found }
    await jobs.cancel(found)
    let deadline = ContinuousClock.now + jobLimit
    while true {
      found = await findJobs()
      // A Slurm that does not answer is not asked again and again.
      if found == jobs.unknown { return found }
      if found.isEmpty || ContinuousClock.now >= deadline { return found }
      try? await Task.sleep(for: .milliseconds(500))
    }
  }
}

extension Leftover {
  fileprivate init(_ process: ProcessTable.Entry) {
    self.init(
      kind: .process, id: "\(process.pid)",
      words: "process \(process.pid) (\(ProcessTable.commandLine(of: process.pid)))")
  }
}
