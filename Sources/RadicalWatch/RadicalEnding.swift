import Glibc

/// The order in which a session of others is ended; each step leaves less behind than the next one would alone.
///
/// Measured: owners that wait for their tasks end by themselves once the pilot is gone, others by an interrupt; one that is
/// ended before its pilot leaves agent and tasks on the nodes.
public struct RadicalEnding: Equatable, Sendable {
  public enum Step: Equatable, Sendable {
    case killPilots
    /// To the owner alone: its parts end with it.
    case signal(Int32)
    /// Its owner does not end: what is left has to be named and asked for.
    case giveUp
  }

  /// What comes next, and how long the one before it gets, in seconds.
  private static let steps: [(step: Step, wait: Double)] = [
    (.signal(SIGINT), 10), (.killPilots, 6), (.signal(SIGINT), 10), (.signal(SIGTERM), 3), (.giveUp, 0),
  ]

  private var number: Int
  private var due: Double

  /// - Parameters:
  ///   - now: seconds by any clock that is not set.
  ///   - asks: whether its program is interrupted first. Who pressed Ctrl-C expects that of his own; to one of somebody else's
  ///     it may do no good.
  public init(at now: Double, asks: Bool = false) { (number, due) = (asks ? 0 : 1, now) }

  /// Does not wait any longer for what was done last.
  public mutating func hurry() { due = -.infinity }

  /// What is to be done now, once; nothing while it is waited for.
  public mutating func next(at now: Double) -> Step? {
    guard number < Self.steps.count, now >= due else { return nil }
    let (step, wait) = Self.steps[number]
    number += 1
    due = now + wait
    return step
  }

  /// What is waited for, for people.
  public func words(at now: Double) -> String {
    let left = due.isFinite && now.isFinite ? ", \(Int(max(0, due - now).rounded(.up))) s left" : ""
    switch number {
    case 0: return "begins"
    case 1: return "its program was interrupted\(left)"
    case 2: return "its pilots are told to end: its program may end by that\(left)"
    case 3: return "its program was interrupted\(left)"
    case 4: return "its program was told to end (SIGTERM)\(left)"
    default: return "its program does not end"
    }
  }
}
