import JSON
import Work

// A plan of staging, as the programs that carry it out read it.

extension StagingPlan.Step {
  package static let coding = JSONRecord(
    StagingPlan.Step(named: "", source: "", target: "", action: .copy),
    .required("named", \.named, .text),
    .required("source", \.source, .text),
    .required("target", \.target, .text),
    .required("action", \.actionName, .text)
  ).coding

  private var actionName: String {
    get { action.rawValue }
    set { action = StagingDirective.Action(rawValue: newValue) ?? action }
  }
}
