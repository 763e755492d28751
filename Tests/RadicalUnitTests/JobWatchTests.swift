import Leftovers
import SessionModel
import TestSupport
import Testing

@testable import RadicalEngine

private func job(_ state: String, _ reason: String = "") -> SlurmQueue.Job {
  SlurmQueue.Job(id: "13", state: state, reason: reason, directory: "/")
}

extension JobWatch {
  fileprivate mutating func look(
    _ answer: Answer, wasActive: Bool = false, isCanceling: Bool = false, at seconds: Double = 0
  ) -> Finding {
    begin()
    return receive(answer, began: at(seconds), wasActive: wasActive, isCanceling: isCanceling)
  }
}

private let failed = JobWatch.Claim(state: .failed, reason: "the queue could not be read")

/// The three answers of a look, and what they decide.
@Suite struct JobWatchTests {
  @Test func `what is not listed is asked for twice`() {
    var watch = JobWatch()
    #expect(watch.look(.listed([])) == .nothing && watch.look(.listed([])) == .nothing, "it is not submitted yet")
    #expect(watch.look(.listed([job("PENDING", "Priority")])) == .job(job("PENDING", "Priority")))
    #expect(watch.look(.listed([])) == .job(job("PENDING", "Priority")))
    #expect(watch.look(.listed([job("RUNNING")])) == .job(job("RUNNING")), "and was there all the time")
    #expect(watch.look(.listed([])) == .job(job("RUNNING")))
    #expect(watch.look(.none) == .silent, "no answer says nothing")
    #expect(watch.look(.listed([])) == .over(nil))
    #expect(watch.known == ["13"])
  }

  @Test func `a claim is believed when Slurm confirms it, and not before`() {
    var watch = JobWatch()
    _ = watch.look(.listed([job("RUNNING")]))
    watch.claim(failed)
    for _ in 0..<3 { #expect(watch.look(.none, at: 7) == .silent) }
    #expect(watch.silentSince == at(7))
    for _ in 0..<20 { #expect(watch.look(.listed([job("RUNNING")])) == .job(job("RUNNING"))) }
    #expect(watch.silentSince == nil && watch.isClaimDoubted)
    #expect(watch.look(.listed([job("COMPLETING")])) == .job(job("COMPLETING")))
    #expect(watch.look(.listed([job("NODE_FAIL", "NodeDown")])) == .over(job("NODE_FAIL", "NodeDown")))
  }

  @Test func `what began before the claim does not confirm it`() {
    var watch = JobWatch()
    watch.begin()
    watch.claim(failed)
    let late = watch.receive(.listed([]), began: at(0), wasActive: false, isCanceling: false)
    #expect(late == .nothing)
    #expect(watch.look(.listed([])) == .nothing && watch.look(.listed([])) == .over(nil), "no job was ever made")
  }

  @Test func `an end without a claim is seen twice, and once when it was asked for`() {
    var watch = JobWatch()
    _ = watch.look(.listed([job("RUNNING")]), wasActive: true)
    #expect(watch.look(.listed([job("CANCELLED")]), wasActive: true) == .job(job("RUNNING")))
    #expect(watch.look(.listed([job("CANCELLED")]), wasActive: true) == .over(job("CANCELLED")))
    var other = JobWatch()
    _ = other.look(.listed([job("RUNNING")]), wasActive: true)
    #expect(other.look(.listed([job("CANCELLED")]), wasActive: true, isCanceling: true) == .over(job("CANCELLED")))
  }

  @Test func `a job that ran and waits again has lost what ran in it`() {
    var watch = JobWatch()
    let again = job("PENDING", "BeginTime")
    #expect(watch.look(.listed([job("RUNNING")]), wasActive: true) == .job(job("RUNNING")))
    #expect(watch.look(.listed([again]), wasActive: true) == .requeued(again))
    // Before an agent was at work there was nothing to lose.
    #expect(watch.look(.listed([again])) == .job(again))
    #expect(watch.look(.listed([again]), wasActive: true, isCanceling: true) == .job(again))
  }

  @Test func `a job whose line could not be read is there`() {
    var watch = JobWatch()
    #expect(watch.look(.listed([job("")])) == .silent && watch.look(.listed([job("")])) == .silent)
    #expect(watch.known == ["13"])
  }

  @Test func `Slurm is asked gently, and soon by whoever waits`() {
    var watch = JobWatch()
    var pauses: [Duration] = []
    for _ in 0..<20 { pauses.append(watch.pause(isActive: false, isCanceling: false)) }
    #expect(pauses.first == .seconds(2) && pauses.last == .seconds(20))
    #expect(watch.pause(isActive: true, isCanceling: false) == .seconds(30))
    #expect(watch.pause(isActive: true, isCanceling: true) == .seconds(1))
    _ = watch.look(.none)
    #expect(watch.pause(isActive: true, isCanceling: false) == .seconds(10))
    #expect(watch.newUnreadable(["a", "b"]) == ["a", "b"] && watch.newUnreadable(["b", "c"]) == ["c"])
  }

  /// Whatever is answered, in whatever order: an end needs an answer that shows it, and one that is wrong once is not
  /// enough.
  @Test func `random answers`() {
    var numbers = SeededNumbers(12)
    for _ in 0..<20_000 {
      var watch = JobWatch()
      var (wasActive, isCanceling, isKnown) = (false, false, false)
      // Answers in a row that do not list it as living, since the claim if there is one.
      var absences = 0
      for _ in 0..<30 {
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0 where watch.claim == nil:
          watch.claim(failed)
          absences = 0
        case 1: wasActive = wasActive || isKnown
        case 2: isCanceling = Int.random(in: 0..<5, using: &numbers) == 0 || isCanceling
        default: break
        }
        let state =
          ["RUNNING", "PENDING", "COMPLETING", "", "CANCELLED", "COMPLETED", "NODE_FAIL"]
          .randomElement(using: &numbers) ?? ""
        let answer: JobWatch.Answer =
          switch Int.random(in: 0..<3, using: &numbers) {
          case 0: .none
          case 1: .listed([])
          default: .listed([job(state)])
          }
        let finding = watch.look(answer, wasActive: wasActive, isCanceling: isCanceling)
        switch answer {
        case .none:
          #expect(finding == .silent)
          continue
        case .listed(let jobs):
          isKnown = isKnown || !jobs.isEmpty
          let lives = jobs.contains { !$0.isOver }
          absences = lives ? 0 : absences + 1
          guard case .over(let ended) = finding else { continue }
          #expect(!lives && ended == jobs.last)
          #expect(absences > 1 || (ended != nil && (watch.claim != nil || isCanceling)))
          #expect(isKnown || watch.claim != nil)
        }
        break
      }
    }
  }
}
