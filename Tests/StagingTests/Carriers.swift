import CTestUser
import Glibc
import Staging
import TestSupport
import Work

/// What carries a plan out.
protocol Carrier {
  /// - Returns: why not; `nil` when all was brought.
  func bring(_ plan: StagingPlan, task: String) throws -> String?
}

extension Carrier {
  func bring(_ action: String, _ source: String, _ target: String, direction: StagingDirective.Direction) throws
    -> String?
  {
    guard let action = StagingDirective.Action(rawValue: action) else { throw TestError("no action \(action)") }
    let step = StagingPlan.Step(named: "it", source: source, target: target, action: action)
    return try bring(StagingPlan(direction: direction, tag: "task.000000.x", steps: [step]), task: "/nonexistent")
  }
}

/// The local engine's.
struct SwiftCarrier: Carrier {
  func bring(_ plan: StagingPlan, task: String) throws -> String? {
    if geteuid() == 0 { test_act_as(StagingPlace.nobody) }
    defer { if geteuid() == 0 { test_act_as(0) } }
    do throws(StagingError) {
      // What a task does at its good end.
      StagingJob.remove(try StagingJob(plan).run())
      return nil
    } catch { return error.description }
  }
}
