import SessionModel
import TestSupport
import Testing

extension SlurmTests {
  @Test func runsAWorkflowToItsEnd() async throws {
    let session = try ClusterSession(
      """
      name: cluster
      pilot: {cores: 4, runtime: 1200}
      tasks:
        - name: first
          command: echo job $SLURM_JOB_ID
        - name: member
          ensemble: 3
          after: first
          command: echo member {member}
        - name: environment
          command: printf '%s|' "$NASTY" "$SLURM_JOB_ID" "$SLURM_NODEID" "$PATH"
        - name: ranks
          command: echo rank $SCALEMS_RANK step $SLURM_STEP_ID
          ranks: 2
        - name: fails
          command: echo this is why >&2; exit 3
        - name: after
          after: fails
          command: "true"
        - name: late
          argv: [sleep, infinity]
          timeout: 3
      """, on: slurm)
    let start = ContinuousClock.now
    let nasty = "a'b `touch gone` $(touch gone) $HOME \\ \"q\"\n é\u{301} "
    let run = try session.start(with: ["NASTY": nasty, "SLURM_NODEID": "99"])
    try await session.wait(for: "the pilot") { $0.pilotActive != nil }
    report("start to an active pilot", since: start)
    let job = try await session.job()
    try await session.wait(for: "the tasks") { $0.phase == .closing }
    report("start to the end of the last task", since: start)
    let close = ContinuousClock.now
    let result = try await run.finish(seconds: ClusterSession.patience)
    report("close", since: close)
    #expect(result.exitCode == 1, "\(result.stderr)")
    try await session.expectNothingLeft()

    let summary = try session.snapshot().summary
    #expect(summary?.tasks == ["DONE": 6, "FAILED": 2, "CANCELED": 1] && summary?.leftovers.isEmpty ?? false)
    #expect(try session.output("first") == "job \(job)\n" && session.output("member.2") == "member 2\n")
    // The user's own values, byte for byte; those of the batch system are the node's.
    let values = try session.output("environment").split(separator: "|", omittingEmptySubsequences: false)
    #expect(values.count == 5 && values[0] == nasty && values[1] == job && values[2] == "0", "\(values)")
    #expect(values[3].contains(session.place.path + "/bin:") && values[3].hasPrefix(ClusterSession.venv + "/bin:"))
    // A step of its own, not a process beside the agent.
    let lines = try session.output("ranks").split(separator: "\n").sorted().map { $0.split(separator: " ") }
    #expect(lines.map { $0.prefix(2) } == [["rank", "0"], ["rank", "1"]])
    #expect(Set(lines.compactMap(\.last)).count == 1 && lines.allSatisfy { $0.count == 4 && Int($0[3]) != nil })
    let fails = try session.details("fails")
    #expect(fails.exitCode == 3 && fails.reason == "exit 3: this is why", "\(fails)")
    #expect(try session.details("late").reason?.contains("time limit") ?? false)
    let steps = try session.snapshot().shutdown.filter { $0.outcome != .skipped }
    #expect(steps.allSatisfy { $0.outcome == .finished }, "\(steps)")
  }
}
