import Leftovers
import Synchronization

/// What Slurm says of the pilots of a session: which jobs they are, and why they wait. It is asked now and then, and nobody
/// waits for its answer.
final class PilotJobs: Sendable {
  private struct State {
    var isAsking = false
    var next = ContinuousClock.now
    var news: [String: SlurmQueue.Job] = [:]
  }

  private let session: String
  private let queue: SlurmQueue
  private let state = Mutex(State())
  /// A queue is everybody's.
  private static let pause = Duration.seconds(15)

  init(of session: String, in queue: SlurmQueue = SlurmQueue()) { (self.session, self.queue) = (session, queue) }

  /// Asks, if it is time to.
  func look() {
    let isDue = state.withLock { state in
      guard !state.isAsking, .now >= state.next else { return false }
      state.isAsking = true
      return true
    }
    guard isDue else { return }
    Task.detached { [self] in
      let answer = queue.isThere ? await queue.look() : .none
      state.withLock { state in
        (state.isAsking, state.next) = (false, .now + Self.pause)
        if case .listed(let listing) = answer { state.news.merge(jobs(listing)) { $1 } }
      }
    }
  }

  /// The jobs by the pilots that they are.
  private func jobs(_ listing: SlurmQueue.Listing) -> [String: SlurmQueue.Job] {
    var found: [String: SlurmQueue.Job] = [:]
    for job in listing.jobs where !job.isOver {
      guard let pilot = RadicalPath.pilot(above: job.directory), pilot.session == session,
        let uid = pilot.directory.split(separator: "/").last
      else { continue }
      found[String(uid)] = job
    }
    return found
  }

  /// What was said since it was asked for last.
  func take() -> [String: SlurmQueue.Job] {
    state.withLock { state in
      defer { state.news = [:] }
      return state.news
    }
  }
}
