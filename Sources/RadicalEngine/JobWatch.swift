import Leftovers
import SessionModel

/// What Slurm says of a pilot's job, look by look, and what follows from it; no I/O, no clock.
///
/// A look has three answers: the job is listed, it is not, or nothing is known. They decide over RADICAL-Pilot's word,
/// whose own reader calls every job FAILED that it could not read of three times: an end that RP tells is a claim until
/// Slurm confirms it, and nothing that runs is ended for a claim.
struct JobWatch {
  /// What a look came to.
  enum Answer: Equatable {
    /// The session's jobs, over or not; the state of one that could not be read is empty.
    case listed([SlurmQueue.Job])
    /// Nothing is known.
    case none
  }

  enum Finding: Equatable {
    /// No job is known yet, and none is claimed to have ended.
    case nothing
    /// It holds nodes, or waits for them.
    case job(SlurmQueue.Job)
    /// It ran, and waits again: what ran in it is lost.
    case requeued(SlurmQueue.Job)
    /// It has ended; as what, while Slurm still knows it.
    case over(SlurmQueue.Job?)
    case silent
  }

  /// An end that RADICAL-Pilot tells.
  struct Claim: Equatable {
    var state: PilotState
    var reason: String?
  }

  /// Ids of all jobs that were seen, or told by whoever submitted them.
  private(set) var known: [String] = []
  /// The last that was known of the job; what is said while Slurm is silent refers to it.
  private(set) var last: SlurmQueue.Job?
  private(set) var claim: Claim?
  /// When the first of the looks began that have had no answer since.
  private(set) var silentSince: Timestamp?
  /// Looks that began after the claim.
  private var looksAtClaim = 0
  private var isLooking = false
  /// Whether the look that is under way began before the claim.
  private var isLateLook = false
  /// Answers in a row by which none of the jobs holds anything.
  private var endings = 0
  private var delay = Duration.seconds(2)
  private var urgentDelay = Duration.seconds(1)
  private var saidUnreadable: Set<String> = []

  /// RP's word that the pilot has ended.
  mutating func claim(_ claim: Claim) {
    guard self.claim == nil else { return }
    self.claim = claim
    // What was seen before it says nothing of it.
    (endings, isLateLook) = (0, isLooking)
  }

  /// Whether Slurm has had the time to confirm the claim, and has not: a job goes on for a moment after its pilot.
  var isClaimDoubted: Bool { claim != nil && looksAtClaim >= 8 }

  mutating func learn(_ ids: [String]) { known += ids.filter { !known.contains($0) } }

  mutating func begin() { isLooking = true }

  /// - Parameters:
  ///   - began: when the look began; only shown.
  ///   - wasActive: whether the pilot's agent has been at work.
  ///   - isCanceling: whether the job was told to end.
  mutating func receive(_ answer: Answer, began: Timestamp, wasActive: Bool, isCanceling: Bool) -> Finding {
    let isLate = isLateLook
    (isLooking, isLateLook) = (false, false)
    if claim != nil, !isLate { looksAtClaim += 1 }
    guard case .listed(let jobs) = answer else { return silence(since: began) }
    learn(jobs.map(\.id))
    if let live = jobs.last(where: { !$0.isOver }) {
      endings = 0
      guard !live.state.isEmpty else { return silence(since: began) }
      (silentSince, last) = (nil, live)
      return live.isWaiting && wasActive && !isCanceling ? .requeued(live) : .job(live)
    }
    silentSince = nil
    let ended = jobs.last
    let before = last.map(Finding.job) ?? .nothing
    guard !known.isEmpty || claim != nil, ended != nil || !isLate else { return before }
    endings += 1
    // Slurm's own word for an end is enough where someone else says the same; else it is asked twice.
    let isSure = endings > 1 || (ended != nil && (claim != nil || isCanceling))
    return isSure ? .over(ended) : before
  }

  private mutating func silence(since began: Timestamp) -> Finding {
    silentSince = silentSince ?? began
    return .silent
  }

  /// Between two looks: rarely, because every look is a load on Slurm's controller.
  mutating func pause(isActive: Bool, isCanceling: Bool) -> Duration {
    if isCanceling || claim != nil || endings > 0 {
      defer { urgentDelay = min(.seconds(10), urgentDelay * 1.25) }
      return urgentDelay
    }
    urgentDelay = .seconds(1)
    if silentSince != nil { return .seconds(10) }
    if isActive { return .seconds(30) }
    defer { delay = min(.seconds(20), delay * 1.5) }
    return delay
  }

  /// - Returns: the lines that were not there before.
  mutating func newUnreadable(_ lines: [String]) -> [String] { lines.filter { saidUnreadable.insert($0).inserted } }
}
