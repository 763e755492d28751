import Glibc
import Platform

/// Something a RADICAL-Pilot session left behind.
public struct Leftover: Hashable, Sendable {
  public enum Kind: Sendable { case process, job }

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
  private let jobs: SlurmJobs
  /// What SIGKILL may take to have an effect.
  private static let killLimit = Duration.seconds(5)
  /// What jobs get to leave the queue in.
  private let jobLimit: Duration

  /// - Parameters:
  ///   - searchPath: where `squeue` and `scancel` are looked for; `PATH` when `nil`.
  ///   - commandLimit: what each call of them may take.
  ///   - jobLimit: what canceled jobs get to leave the queue in.
  public init(
    of record: RadicalRecord, searchPath: String? = nil, commandLimit: Duration = .seconds(10),
    jobLimit: Duration = .seconds(15)
  ) {
    search = ProcessSearch(record: record)
    jobs = SlurmJobs(record: record, searchPath: searchPath, limit: commandLimit)
    self.jobLimit = jobLimit
  }

  /// What there is now: processes, then jobs. Takes as long as `squeue` does, 10 s at most.
  public func find() async -> [Leftover] {
    processes() + (await jobs.find().map(Leftover.init))
  }

  /// The processes that are left; Slurm is not asked.
  public func processes() -> [Leftover] { search.run().map(Leftover.init) }

  /// Ends it all: SIGTERM, after the grace SIGKILL, and `scancel`, at the same time. It cannot be canceled.
  ///
  /// Takes at most the grace and 5 s for processes, and for jobs 15 s and three calls of Slurm's programs.
  ///
  /// - Returns: what could not be ended.
  public func end(grace: Duration) async -> [Leftover] {
    // A task of its own: clean-up goes on when whoever asked for it is canceled.
    let work = Task.detached {
      async let processes = endProcesses(grace: grace)
      async let jobs = endJobs()
      return await processes + jobs
    }
    return await work.value
  }

  private func endProcesses(grace: Duration) async -> [Leftover] {
    let killTime = ContinuousClock.now + grace
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
      if now > killTime + Self.killLimit { return found.map(Leftover.init) }
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
    var found = await jobs.find()
    guard !found.isEmpty else { return [] }
    await jobs.cancel(found)
    let deadline = ContinuousClock.now + jobLimit
    while true {
      found = await jobs.find()
      if found.isEmpty || ContinuousClock.now >= deadline { return found.map(Leftover.init) }
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

  fileprivate init(_ job: SlurmJobs.Job) {
    let reason = ["", "None"].contains(job.reason) ? "" : ", \(job.reason)"
    let state = job.state.isEmpty ? "Slurm does not answer" : job.state + reason
    let name = job.id.isEmpty ? "Slurm jobs, if there are any" : "Slurm job \(job.id)"
    self.init(kind: .job, id: job.id, words: "\(name) (\(state))")
  }
}
