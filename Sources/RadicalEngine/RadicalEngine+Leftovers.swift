import Executor
import Glibc
import Leftovers
import Platform
import SessionModel
import Work

// What RP left behind: found by the session's id, and ended.

extension RadicalEngine {
  /// Short enough that a look at a Slurm that is silent has an end within half of the verification.
  private static let commandLimit = Duration.seconds(8)

  private var leftovers: RadicalLeftovers? {
    let (record, isPilotOver) = state.withLock { ($0.record, $0.pilot.isFinal || !$0.pilot.isSubmitted) }
    return record.map {
      RadicalLeftovers(
        of: $0, isPilotOver: isPilotOver, searchPath: queue.searchPath, commandLimit: Self.commandLimit)
    }
  }

  public func survivors() async -> [String] {
    guard let leftovers, !state.withLock({ $0.isReleased }) else { return [] }
    let left = await leftovers.find()
    if left.isEmpty { dropScratch() }
    // One that was not there, or could not be asked for, when everything was ended. Nobody waits for that.
    let jobs = left.filter { $0.kind == .job && !$0.id.isEmpty }.map(\.id)
    let isDue = state.withLock { state in
      defer { if !jobs.isEmpty { state.lastCancel = .now } }
      return state.lastCancel.map { .now - $0 > .seconds(5) } ?? true
    }
    if !jobs.isEmpty, isDue { ExternalCommand.startDetached(["scancel"] + jobs) }
    return left.map(\.words)
  }

  /// What launchers of MPI left in shared memory goes with those who used it.
  func dropScratch() { state.withLock { $0.scratch = nil } }

  public func killEverything() {
    guard let record = state.withLock({ $0.record }), let leftovers else { return }
    for process in leftovers.processes() where process.kind == .process {
      if let pid = pid_t(process.id) { kill(pid, SIGKILL) }
    }
    dropScratch()
    // It goes on by itself when this process ends.
    if !record.jobs.isEmpty { ExternalCommand.startDetached(["scancel"] + record.jobs) }
  }

  /// Says what earlier sessions left on this machine; ending it is for their owner to decide.
  func nameOrphans(in registry: LinkDirectory, besides own: String) {
    Task.detached { [self] in
      for entry in registry.all() where entry.id != own {
        guard let record = try? RadicalRecord(reading: entry.directory), record.session == entry.id, !record.isLive
        else { continue }
        let count = RadicalLeftovers(of: record).processes().count
        guard count > 0 else { continue }
        let left = count == 1 ? "a process" : "\(count) processes"
        log(.warning, "session \(entry.id) is dead and left \(left): 'scalems-top doctor --orphans' ends what is left")
      }
    }
  }

  /// Ends what is left of the session, and names what could not be ended.
  func sweep(grace: Duration) async -> [Leftover] { await startSweep(grace: grace)?.value ?? [] }

  func startSweep(grace: Duration) -> Task<[Leftover], Never>? {
    guard let leftovers else { return nil }
    return state.withLock { state in
      if let sweep = state.sweep { return sweep }
      state.lastCancel = .now
      // A Slurm that is silent is not waited for once more; the verification asks it again.
      let isSilent = state.watch?.silentSince != nil
      let sweep = Task { [continuation] in
        let left = await leftovers.end(grace: grace, asksForJobs: !isSilent)
        let facts = left.map { SessionEvent(source: .engine, .log(.error, "could not be ended: \($0.words)")) }
        if !facts.isEmpty { continuation.yield(facts) }
        return left
      }
      state.sweep = sweep
      return sweep
    }
  }

  /// Ends what tasks of a pilot that is over have left running: RP does not.
  func endOrphans() async {
    let (known, context) = state.withLock { ($0.record, $0.context) }
    guard let record = known, let context else { return }
    let mark = TaskVariables.mark(ofSession: context.id)
    let orphans = ProcessTable().entries.values.filter { entry in
      guard !entry.isZombie, entry.group != record.group, entry.pid != getpid() else { return false }
      if let sandbox = record.sandbox, (linkTarget("/proc/\(entry.pid)/cwd") ?? "").hasPrefix(sandbox + "/task.") {
        return true
      }
      return ProcessTable.environment(of: entry.pid, holds: mark)
    }
    for orphan in orphans {
      log(
        .warning, "process \(orphan.pid) (\(ProcessTable.commandLine(of: orphan.pid))) outlived its pilot and was ended"
      )
      kill(orphan.pid, SIGKILL)
    }
  }
}
