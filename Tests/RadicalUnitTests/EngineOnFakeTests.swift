import Executor
import Glibc
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

/// A helper that has a pilot at once, and runs every task in no time; but for those called `stuck`.
private let good = """
  hello(rp_version="9.9")
  def state(kind, uid, name, **more):
      say(event=kind, uid=uid, state=name, t=time.time(), **more)
  for request in requests():
      verb, uid = request["do"], None
      if verb == "cancel_pilot":
          state("pilot", "pilot.0000", "CANCELED")
      if verb == "cancel":
          for name in request["uids"]:
              state("task", name, "CANCELED")
      say(reply=request["id"], ok=True, uid=uid or verb, sandbox="/nowhere", runtime=60)
      if verb == "close":
          break
      if verb == "pilot":
          state("pilot", "pilot.0000", "PMGR_ACTIVE", resources={"nodes": 1, "cores_per_node": 2})
      if verb == "submit":
          for task in request["tasks"]:
              state("task", task["uid"], "AGENT_EXECUTING")
              if task["name"] == "fatal":
                  subprocess.Popen(["sleep", "600"])
                  os.kill(os.getpid(), signal.SIGKILL)
              if task["name"] != "stuck":
                  state("task", task["uid"], "DONE", record={"exit_code": 0})
  """

/// The engine and its executor on a helper that fails as no real one can be made to.
@Suite struct EngineOnFakeTests {
  /// - Returns: why the session did not start, in words.
  private func failure(_ harness: EngineHarness) async -> String {
    do {
      try await harness.executor.startup()
      return "it started"
    } catch { return "\(error)" }
  }

  @Test func `a session runs`() async throws {
    let fake = try FakeHelper(good)
    let harness = try fake.harness()
    let summary = try await harness.run([shell("a", "true"), shell("b", "true")])
    #expect(summary.tasks == ["DONE": 2] && summary.exitCode == 0 && summary.leftovers == [])
    #expect(fake.left == [] && !harness.directory.exists("radical.json"))
  }

  @Test func `a helper that dies before its first words`() async throws {
    let fake = try FakeHelper("sys.exit(7)")
    let why = await failure(try fake.harness())
    #expect(why.contains("could not acquire the session") && why.contains("died (exit 7)"))
    #expect(fake.left == [])
  }

  @Test func `a helper that cannot work`() async throws {
    let fake = try FakeHelper("hello(error='no radical.pilot in /here'); sys.exit(3)")
    let why = await failure(try fake.harness())
    #expect(why.contains("no radical.pilot in /here: 'scalems-top setup-radical' makes"))
    #expect(fake.left == [])
  }

  /// What the version of RADICAL-Pilot cannot do is known from its first words: no session is opened for it.
  @Test func `functions are refused before there is a session, and later when they are offered`() async throws {
    let old = good.replacing("hello(", with: "hello(no_functions='functions need a newer one', ")
    let call = WorkItem(TaskDescription(name: "call", function: FunctionCall(module: "math", name: "sqrt")))
    let fake = try FakeHelper(old.replacing("verb, uid =", with: "assert request['do'] == 'close'; verb, uid ="))
    let harness = try fake.harness(raptor: true)
    try await harness.executor.open(with: [.items([call])])
    #expect(
      await failure(harness)
        == "could not acquire the session of session \(harness.executor.context.id): functions need a newer one")
    #expect(fake.left == [])

    let other = try FakeHelper(old)
    let open = try other.harness()
    try await open.executor.startup()
    let refused = await #expect(throws: ValueError.self) { try await open.executor.submit([call]) }
    #expect(refused.map { "\($0)" } == "task 'call' cannot run: functions need a newer one")
    try await open.executor.submit([shell("a", "true")])
    let summary = try await open.executor.shutdown()
    #expect(summary.tasks == ["DONE": 1] && other.left == [])
  }

  @Test(arguments: ["session", "pilot_manager", "task_manager", "pilot"])
  func `a helper that refuses a step of the start`(_ verb: String) async throws {
    let fake = try FakeHelper(
      """
      hello()
      for request in requests():
          bad = request["do"] == "\(verb)"
          say(reply=request["id"], ok=not bad, error="RADICAL-Pilot knows no 'x'" if bad else None)
      """)
    let why = await failure(try fake.harness())
    #expect(why.contains("RADICAL-Pilot knows no 'x'"))
    try await wait(for: "its end") { fake.left == [] }
  }

  @Test(arguments: ["session", "pilot_manager", "task_manager", "pilot"])
  func `a helper that dies during a step of the start`(_ verb: String) async throws {
    let fake = try FakeHelper(
      """
      hello()
      for request in requests():
          if request["do"] == "\(verb)":
              os.kill(os.getpid(), signal.SIGKILL)
          say(reply=request["id"], ok=True)
      """)
    let why = await failure(try fake.harness())
    #expect(why.contains("the RADICAL-Pilot helper died (SIGKILL)"))
    #expect(fake.left == [])
  }

  @Test func `a helper that dies with tasks takes them with it, and what it left is ended`() async throws {
    let fake = try FakeHelper(good)
    let harness = try fake.harness()
    let summary = try await harness.run([shell("good", "true"), shell("stuck", "true"), shell("fatal", "true")])
    #expect(summary.exitCode == 1 && summary.leftovers == [])
    #expect(try harness.details("good").state == .done)
    #expect(try harness.details("stuck").state == .failed && harness.details("fatal").state == .failed)
    #expect(harness.snapshot.pilot?.state == .failed)
    #expect(harness.snapshot.pilot?.detail?.contains("died (SIGKILL)") ?? false)
    #expect(fake.left == [])
  }
}
