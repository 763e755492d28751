import Glibc
import Leftovers
import SessionModel
import Words

// A pilot that is a job of Slurm's: RADICAL-Pilot shows one and the same state for a queued and a starting one, and does
// not know how a job ended.

extension PilotTracker {
  /// What a look at the queue means for the pilot.
  ///
  /// - Returns: the status to show, or `nil` when nothing is new.
  mutating func follow(_ finding: JobWatch.Finding, _ watch: JobWatch, at time: Timestamp) -> PilotStatus? {
    guard let status, !status.state.isFinal else { return nil }
    switch finding {
    case .nothing: return nil
    case .over(let job): return end(of: job, watch, at: time)
    case .requeued(let job): return set(.failed, limitReached ?? "\(job.words(again: true)); what ran in it is lost")
    case .job, .silent:
      let detail = detail(watch)
      return detail == status.detail ? nil : set(status.state, detail)
    }
  }

  /// What the log is told of a look.
  mutating func words(of finding: JobWatch.Finding, _ watch: JobWatch, before: JobWatch) -> [String] {
    guard let status, !status.state.isFinal else { return [] }
    var words: [String] = []
    let wasSaid = hasSaidSilence
    if finding != .nothing { hasSaidSilence = finding == .silent }
    switch finding {
    case .silent where !wasSaid:
      let job = watch.last.map { ": \($0.words()) was its last word" } ?? ""
      words.append(
        "Slurm does not answer since \(watch.silentSince.map { Format.timeOfDay($0.local()) } ?? "now")\(job); nothing is ended for that"
      )
    case .silent, .nothing: break
    case .job(let job), .requeued(let job):
      if wasSaid { words.append("Slurm answers again: \(job.words())") }
    case .over(let job):
      if wasSaid { words.append("Slurm answers again: \(job?.words() ?? "the job is gone")") }
    }
    if let claim = doubted(watch), doubted(before) == nil {
      let slurm = watch.silentSince == nil ? "Slurm does not" : "Slurm says nothing"
      words.append("RADICAL-Pilot says that \(uid) is \(claim.state.rawValue), and \(slurm): it goes on")
    }
    return words
  }

  private func doubted(_ watch: JobWatch) -> JobWatch.Claim? {
    watch.isClaimDoubted && !isCancelRequested ? watch.claim : nil
  }

  private func detail(_ watch: JobWatch) -> String? {
    let job = watch.last
    var parts: [String] = []
    if let since = watch.silentSince { parts.append("Slurm does not answer since \(Format.timeOfDay(since.local()))") }
    if let claim = doubted(watch) {
      let slurm = watch.silentSince == nil ? ", Slurm does not" : ""
      parts.append("RADICAL-Pilot calls it \(claim.state.rawValue)\(slurm)")
    }
    let isAtWork = job.map { ["RUNNING", "COMPLETING", "CONFIGURING"].contains($0.state) } ?? true
    // What it was before the silence may have changed since.
    let before = watch.silentSince == nil ? "" : "before: "
    if let job, !isActive || !isAtWork { parts.append(before + job.words()) }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// How it ended: Slurm's word first, then what RADICAL-Pilot and its files say.
  private mutating func end(of job: SlurmQueue.Job?, _ watch: JobWatch, at time: Timestamp) -> PilotStatus {
    let claim = watch.claim
    let name = (job ?? watch.last).map { "its job \($0.id)" } ?? "its job"
    let reason = claim.flatMap { $0.state == .failed ? $0.reason : nil }
    let (state, detail): (PilotState, String?) =
      switch job?.state {
      case _ where isCancelRequested: (claim?.state == .done ? .done : .canceled, nil)
      case "CANCELLED": (.canceled, "\(name) was ended from outside")
      case "TIMEOUT", "DEADLINE": (.done, Self.limitReached(runtime))
      case "COMPLETED": (claim?.state ?? .done, reason ?? endedByLimit(time) ?? "\(name) came to its end")
      case "FAILED": (.failed, reason ?? "\(name) ended: \(job.map { $0.state + $0.why } ?? "")")
      case .some: (.failed, "\(name) ended: \(job.map { $0.state + $0.why } ?? "")")
      // A job that nobody knows any more, or that never was.
      case nil: (claim?.state ?? .failed, reason ?? endedByLimit(time) ?? "\(name) is not in the queue any more")
      }
    return set(state, limitReached ?? detail)
  }
}

extension SlurmQueue.Job {
  /// `: Resources`; nothing when Slurm gives no reason.
  fileprivate var why: String { reason.isEmpty ? "" : ": \(reason)" }

  /// `job 13 PENDING: Resources`.
  func words(again: Bool = false) -> String { "job \(id) \(state)\(again ? " again" : "")\(why)" }
}
