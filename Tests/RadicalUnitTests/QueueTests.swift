import Executor
import Glibc
import Leftovers
import Platform
import SessionModel
import Synchronization
import TestSupport
import Testing
import Work

@testable import RadicalEngine

/// A helper whose pilot waits in a queue. What it is told of jobs goes into the file `told`; it takes its pilot for ended
/// when none is left, and a cancel empties the queue, as a real one does.
private let queued = """
  hello(rp_version="9.9")
  def state(kind, uid, name, **more):
      say(event=kind, uid=uid, state=name, t=time.time(), **more)
  here = os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0])))
  for request in requests():
      verb = request["do"]
      if verb == "session":
          say(event="session", uid="rp.session.fake.0000", path="/nowhere")
      say(reply=request["id"], ok=True, uid=verb, sandbox="/nowhere", runtime=60, manager="SLURM")
      if verb == "pilot":
          state("pilot", "pilot.0000", "PMGR_ACTIVE_PENDING")
      if verb == "jobs":
          with open(here + "/told", "a") as file:
              file.write(" ".join(request["ids"]) + ";")
          if not request["ids"]:
              state("pilot", "pilot.0000", "CANCELED")
      if verb == "cancel_pilot":
          open(here + "/queue", "w").close()
      if verb == "close":
          break
  """

@Suite struct QueueTests {
  private func slurm(_ fake: FakeHelper, queue: String) throws {
    try fake.place.write(
      "#!/bin/sh\ncd '\(fake.place.path)' && echo 'JOBID|WORK_DIR|STATE|REASON' && cat queue\n", to: "squeue")
    try fake.place.write(queue, to: "queue")
  }

  @Test func `the host looks at the queue, shows why a pilot waits, and tells the helper what is there`() async throws {
    let fake = try FakeHelper(queued)
    try slurm(
      fake,
      queue: """
        16|/elsewhere|RUNNING|None
        17|/x/rp.session.fake.0000/pi|lot|PENDING|Resources
        slurm_load_jobs error: a line that is none

        """)
    let harness = try fake.harness(fake.engine(searchPath: fake.place.path), resource: "test.slurm")
    try await harness.executor.startup()
    try await wait(for: "the reason") { harness.snapshot.pilot?.detail == "job 17 PENDING: Resources" }
    try await wait(for: "the jobs told") { fake.place.text("told") == "17;" }
    #expect(try RadicalRecord(reading: harness.directory.path).jobs == ["17"])
    #expect(try RadicalRecord(reading: harness.directory.path).manager == "SLURM")
    let summary = try await harness.executor.shutdown()
    #expect(fake.place.text("told") == "17;;")
    #expect(harness.snapshot.pilot?.state == .canceled && summary.leftovers == [])
    // Said once, however often it is looked at.
    let said = harness.snapshot.log.filter { $0.text.hasPrefix("squeue said what is no job: ") }
    #expect(said.map(\.text) == ["squeue said what is no job: slurm_load_jobs error: a line that is none"])
  }
}

/// A pipe without a reader, where the engine writes a standard input.
@Suite struct PipeInTheWayTests {
  @Test func `a pipe in the way fails its task, and holds up nobody`() async throws {
    let fake = try FakeHelper(
      """
      hello(rp_version="9.9")
      for request in requests():
          say(reply=request["id"], ok=True, uid=request["do"], sandbox="/nowhere", runtime=60)
          if request["do"] == "pilot":
              say(event="pilot", uid="pilot.0000", state="PMGR_ACTIVE", t=time.time())
          if request["do"] == "cancel":
              for uid in request["uids"]:
                  say(event="task", uid=uid, state="CANCELED", t=time.time())
          if request["do"] == "cancel_pilot":
              say(event="pilot", uid="pilot.0000", state="CANCELED", t=time.time())
          if request["do"] == "close":
              break
      """)
    let engine = fake.engine()
    let harness = try fake.harness(engine)
    try await harness.executor.startup()
    try await wait(for: "the pilot") { harness.snapshot.pilot?.state == .active }
    let pipe = "\(harness.directory.path)/radical/task.000000.stdin"
    #expect(mkfifo(pipe, 0o600) == 0)
    try await harness.executor.submit([shell("reads", "cat") { $0.stdin = .text("words") }])
    try await wait(for: "the end of the task") { harness.snapshot.tasks.count(in: .failed) == 1 }
    #expect(harness.snapshot.tasks.details(of: TaskID(0))?.reason?.contains("FIFO") == true)
    _ = try await harness.executor.shutdown()
    #expect(fake.left == [])
  }
}
