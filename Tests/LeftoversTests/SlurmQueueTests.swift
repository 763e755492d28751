import Leftovers
import TestSupport
import Testing

/// What is made of what Slurm's programs print, with ones of a few lines of shell.
@Suite struct SlurmQueueTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  private func program(_ name: String, _ script: String) throws {
    try place.write("#!/bin/sh\ncd '\(place.path)'\n\(script)\n", to: name)
  }

  private func look(at ids: [String] = [], limit: Duration = .seconds(20)) async -> SlurmQueue.Answer {
    await SlurmQueue(searchPath: place.path + ":/usr/bin:/bin", limit: limit).look(at: ids)
  }

  private func jobs(_ answer: SlurmQueue.Answer) -> [SlurmQueue.Job]? {
    if case .listed(let listing) = answer { listing.jobs } else { nil }
  }

  @Test(arguments: [
    "echo the sky is blue", ":", "echo '13|/x|RUNNING|None'", "exit 1", "echo 'JOBID|WORK_DIR|STATE'", "kill -9 $$",
    "echo 'JOBID|WORK_DIR|STATE|REASON'; exit 3", "head -c 100000 /dev/urandom",
    // More than is kept of it.
    "echo 'JOBID|WORK_DIR|STATE|REASON'; head -c 17000000 /dev/zero | tr '\\0' '\\n'",
  ])
  func `what is not squeue's table is no answer`(_ script: String) async throws {
    try program("squeue", script)
    #expect(await look() == .none)
  }

  @Test func `an empty table is an answer, also below a notice of the site`() async throws {
    try program("squeue", "echo 'Maintenance on Monday'; echo 'JOBID|WORK_DIR|STATE|REASON'")
    #expect(await jobs(look()) == [])
  }

  @Test func `what a table may hold`() async throws {
    try program("squeue", "cat table")
    try place.write(
      """
      JOBID|WORK_DIR|STATE|REASON
      13|/home/a|b/x y|PENDING|ReqNodeNotAvail, Reserved for maintenance
      14_[1-3]|/home/me|RUNNING|None
      15|/home/me|NODE_FAIL|(null)

      """, to: "table")
    #expect(
      await jobs(look()) == [
        SlurmQueue.Job(
          id: "13", state: "PENDING", reason: "ReqNodeNotAvail, Reserved for maintenance", directory: "/home/a|b/x y"),
        SlurmQueue.Job(id: "14_[1-3]", state: "RUNNING", reason: "", directory: "/home/me"),
        SlurmQueue.Job(id: "15", state: "NODE_FAIL", reason: "", directory: "/home/me"),
      ])
  }

  @Test(arguments: ["sleep 600", "echo the sky is blue", "exit 1"])
  func `a job whose id is known is asked for by that`(_ script: String) async throws {
    try program("squeue", script)
    try program(
      "scontrol",
      """
      case "$*" in
      *13) echo 'JobId=13 JobName=a b JobState=PENDING Reason=Nodes are DOWN Dependency=(null) WorkDir=/h m StdErr=/x' ;;
      *) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;;
      esac
      """)
    let job = SlurmQueue.Job(id: "13", state: "PENDING", reason: "Nodes are DOWN", directory: "/h m")
    #expect(await jobs(look(at: ["12", "13"])) == [job])
    #expect(await jobs(look(at: ["12"])) == [])
  }

  @Test(arguments: ["echo the sky is blue", "exit 1", "echo 'JobId=14 JobState=RUNNING'"])
  func `two that say nothing are no answer`(_ script: String) async throws {
    try program("squeue", "exit 1")
    try program("scontrol", script)
    #expect(await look(at: ["13"]) == .none)
  }
}
