import SessionModel
import Testing

@Suite struct StateTests {
  /// `radical.pilot.states`, in its order.
  private let taskNames = [
    "NEW", "TMGR_SCHEDULING_PENDING", "TMGR_SCHEDULING", "TMGR_STAGING_INPUT_PENDING", "TMGR_STAGING_INPUT",
    "AGENT_STAGING_INPUT_PENDING", "AGENT_STAGING_INPUT", "AGENT_SCHEDULING_PENDING", "AGENT_SCHEDULING",
    "AGENT_EXECUTING_PENDING", "AGENT_EXECUTING", "AGENT_STAGING_OUTPUT_PENDING", "AGENT_STAGING_OUTPUT",
    "TMGR_STAGING_OUTPUT_PENDING", "TMGR_STAGING_OUTPUT", "DONE", "FAILED", "CANCELED",
  ]

  @Test func `task states are RP's, in its order`() {
    #expect(TaskState.allCases.map(\.name) == taskNames)
    #expect(TaskState.allCases.sorted() == TaskState.allCases)
    for state in TaskState.allCases { #expect(TaskState(name: state.name) == state) }
    #expect(TaskState(name: "CANCELLED") == nil)
    #expect(TaskState.allCases.filter(\.isFinal) == [.done, .failed, .canceled])
  }

  @Test func `pilot states are RP's`() {
    #expect(
      PilotState.allCases.map(\.rawValue) == [
        "NEW", "PMGR_LAUNCHING_PENDING", "PMGR_LAUNCHING", "PMGR_ACTIVE_PENDING", "PMGR_ACTIVE", "DONE", "FAILED",
        "CANCELED",
      ])
    #expect(PilotState.allCases.filter(\.isFinal) == [.done, .failed, .canceled])
  }

  @Test func `states are grouped for people`() {
    #expect(TaskState.new.phase == .waiting)
    #expect(TaskState.tmgrScheduling.phase == .waiting)
    #expect(TaskState.agentSchedulingPending.phase == .queued)
    #expect(TaskState.agentExecutingPending.phase == .queued)
    #expect(TaskState.agentExecuting.phase == .running)
    #expect(TaskState.tmgrStagingOutput.phase == .running)
    for state in TaskState.allCases { #expect(state.isFinal == state.phase.isFinal) }
  }

  @Test func `verbs are what the command line calls them`() {
    #expect(
      OperatorCommand.Verb.allCases.map(\.rawValue)
        == ["drain", "stop", "resume", "cancel", "rerun", "cancel-raptor", "close", "submit"])
    let commands: [OperatorCommand] = [
      .drain, .stop, .resume, .cancel([]), .rerun([]), .cancelRaptor, .close(), .submit(.items([])),
    ]
    #expect(commands.map(\.verb) == OperatorCommand.Verb.allCases)
  }
}
