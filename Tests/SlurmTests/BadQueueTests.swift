import Glibc
import Leftovers
import SessionModel
import TestSupport
import Testing

/// Sessions whose pilots wait, with a `squeue` that is slow, prints garbage or nothing, or lists somebody's job that RP
/// cannot read. They share a node that is full, so that they wait side by side.
extension SlurmTests {
  private func queued(_ name: String) throws -> ClusterSession {
    try ClusterSession(
      "name: \(name)\npilot: {cores: 4, runtime: 600}\ntasks: [{name: waits, command: echo no}]\n", on: slurm)
  }

  private func untilWaiting(_ session: ClusterSession) async throws -> String {
    try await session.wait(for: "the reason") { $0.pilot?.detail?.contains(" PENDING: ") ?? false }
    return try await session.job()
  }

  @Test func `jobs that wait are never forgotten, whatever squeue does`() async throws {
    let blocker = try await slurm.fillNode()
    // RADICAL-Pilot's reader expects a reason without blanks, and there are none in this one.
    let foreign = try await slurm.call(
      "sbatch", "--parsable", "--begin=now+1hour", "--output=/dev/null", "--wrap", "true")
    let (canceled, slow, garbage) = try (queued("canceled"), queued("slow"), queued("garbage"))
    try canceled.replace("squeue", by: #""$real" "$@" | sed 's/BeginTime/ReqNodeNotAvail, Reserved for maintenance/'"#)
    try slow.replace("squeue", by: #"sleep 30; exec "$real" "$@""#)
    try garbage.replace("squeue", by: "echo the sky is blue")
    let runs = try [canceled, slow, garbage].map { try $0.start() }
    let jobs = try await [untilWaiting(canceled), untilWaiting(slow), untilWaiting(garbage)]

    // From outside, while it waits.
    var start = ContinuousClock.now
    try await slurm.call("scancel", jobs[0])
    try await canceled.wait(for: "the end of the pilot") { $0.pilot?.state.isFinal ?? false }
    report("scancel of a job that waits to the screen", since: start)
    var result = try await runs[0].finish(seconds: ClusterSession.patience)
    #expect(result.exitCode != 0 && result.exitCode != 4, "\(result.stderr)")
    #expect(try canceled.snapshot().pilot?.detail == "its job \(jobs[0]) was ended from outside")

    start = .now
    runs[1].signal(SIGINT)
    result = try await runs[1].finish(seconds: ClusterSession.patience)
    report("close with a squeue that takes 30 s", since: start)
    #expect(result.exitCode == 128 + SIGINT, "\(result.stderr)")
    #expect(try slow.snapshot().summary?.leftovers == [])
    // What was asked of the queue has not been answered yet.
    #expect(slow.processes.isEmpty, "\(slow.processes)")

    // Nobody is left to end the job of this one.
    kill(try garbage.helper(), SIGKILL)
    runs[2].signal(SIGKILL)
    _ = try await runs[2].finish()
    #expect(try RadicalRecord(reading: garbage.place.path + "/s").jobs == [jobs[2]])
    result = try await garbage.endOrphans()
    #expect(result.exitCode == 0 && result.stdout.contains("Slurm job \(jobs[2])"), "\(result)")
    for session in [canceled, slow, garbage] { try await session.expectNothingLeft() }
    #expect(Set(try await slurm.jobs().map(\.id)) == [blocker, foreign.filter(\.isNumber)])
    try await slurm.call("scancel", blocker, foreign.filter(\.isNumber))
    try await poll(for: "an empty node") { try await slurm.jobs().isEmpty }
  }

  /// What is not known is left behind, and stays in the record until someone knows.
  @Test func `a close while Slurm is silent is a close, and says what may be left`() async throws {
    let blocker = try await slurm.fillNode()
    let session = try queued("silent")
    let run = try session.start()
    let job = try await untilWaiting(session)
    for program in ["squeue", "scontrol", "scancel"] {
      try session.replace(program, by: "echo 'Unable to contact slurm controller' >&2; exit 1")
    }
    try await session.wait(for: "the silence") { $0.pilot?.detail?.hasPrefix("Slurm does not answer since ") ?? false }
    let start = ContinuousClock.now
    run.signal(SIGINT)
    let result = try await run.finish(seconds: ClusterSession.patience)
    report("close while Slurm is silent", since: start)
    #expect(result.exitCode == 4, "\(result.stderr)")
    let summary = try #require(try session.snapshot().summary)
    #expect(summary.leftovers == ["Slurm job \(job) (Slurm does not answer)"] && summary.problem == nil, "\(summary)")
    #expect(try RadicalRecord(reading: session.place.path + "/s").jobs == [job])
    session.restore("squeue", "scontrol", "scancel")
    let sweep = try await session.endOrphans()
    #expect(sweep.exitCode == 0 && sweep.stdout.contains("Slurm job \(job) (PENDING"), "\(sweep)")
    try await session.expectNothingLeft()
    try await slurm.call("scancel", blocker)
    try await poll(for: "an empty node") { try await slurm.jobs().isEmpty }
  }
}
