import Executor
import Glibc
import SessionModel
import TestSupport
import Testing

@testable import RadicalEngine

/// The error of a request, in words.
private func refusal(_ helper: RadicalHelper, _ request: HelperRequest) async -> String? {
  do {
    _ = try await helper.ask(request)
    return nil
  } catch { return "\(error)" }
}

@Suite struct RadicalHelperTests {
  @Test func `a helper that dies before its first words is lost`() async throws {
    let fake = try FakeHelper("print('Fatal Python error', file=sys.stderr); sys.exit(7)")
    let helper = try fake.start()
    await helper.untilEnded()
    #expect(
      fake.losses.count == 1
        && fake.losses.first?.contains("died (exit 7, Fatal Python error); see \(fake.place.path)/radical/") ?? false)
    #expect(fake.place.text("radical/helper.log") == "Fatal Python error\n")
    // Whoever asks afterwards hears the same.
    #expect(await refusal(helper, .pilotManager) == fake.losses.first)
    #expect(fake.left == [])
  }

  @Test func `a request is answered, or refused with words`() async throws {
    let fake = try FakeHelper(
      """
      hello(rp_version="9.9")
      for request in requests():
          if request["do"] == "close":
              say(reply=request["id"], ok=True)
              break
          if request["do"] == "pilot_manager":
              say(event="session", uid="u", path="p")
              say(reply=request["id"], ok=True, uid="pmgr.0000")
          else:
              say(reply=request["id"], ok=False, error="no '" + request["do"] + "'", names=["task_manager", "b"])
      """)
    let helper = try fake.start()
    #expect(try await helper.ask(.pilotManager).uid == "pmgr.0000")
    // What came before a reply is handed on before.
    #expect(fake.messages.contains { if case .session("u", "p") = $0 { true } else { false } })
    #expect(await refusal(helper, .taskManager) == "no 'task_manager'")
    _ = try await helper.ask(.close)
    await helper.untilEnded()
    #expect(fake.hasEndedInOrder && fake.losses == [] && fake.left == [])
  }

  @Test func `many requests at once are answered each`() async throws {
    let fake = try FakeHelper(
      """
      hello()
      kept = []
      for request in requests():
          kept.append(request)
          if len(kept) == 20:
              for request in reversed(kept):
                  say(reply=request["id"], ok=True, uid=request["uids"][0])
              kept = []
      """)
    let helper = try fake.start()
    let answers = (0..<200).map { helper.enqueue(.cancel(["task.\($0)"])) }
    for (number, answer) in answers.enumerated() {
      #expect(try await answer.value().get().uid == "task.\(number)")
    }
    helper.finish()
    await helper.untilEnded()
    #expect(fake.losses == [])
    #expect(fake.hasEndedInOrder)
  }

  @Test func `nonsense is told, and does no harm`() async throws {
    let fake = try FakeHelper(
      """
      hello()
      sys.stdout.buffer.write(b"\\xff\\x00\\xfe not text\\n\\nTraceback (most recent call last):\\n" + b"x" * 300000 + b"\\n[]\\n")
      say(reply=99, ok=True)
      say(reply=None, ok=True)
      say(event="future")
      for request in requests():
          say(reply=request["id"], ok=True, uid="still here")
      """)
    let helper = try fake.start()
    #expect(try await helper.ask(.taskManager).uid == "still here")
    #expect(fake.logs.count == 6 && fake.logs.allSatisfy { $0.contains("what is no message") && $0.utf8.count < 600 })
    #expect(fake.losses == [])
    helper.kill()
    await helper.untilEnded()
    #expect(fake.left == [])
  }

  @Test func `a helper that is killed while a request waits`() async throws {
    let fake = try FakeHelper(
      """
      hello()
      for request in requests():
          os.kill(os.getpid(), signal.SIGKILL)
      """)
    let helper = try fake.start()
    let others = (0..<5).map { _ in helper.enqueue(.taskManager) }
    let why = "the RADICAL-Pilot helper died (SIGKILL); see \(fake.place.path)/radical/helper.log"
    #expect(
      await refusal(helper, .pilotManager).map { [why, "the RADICAL-Pilot helper is gone"].contains($0) } ?? false)
    for answer in others {
      if case .success = await answer.value() { Issue.record("a dead helper answered") }
    }
    #expect(fake.losses == [why] && fake.left == [])
  }

  @Test func `the end is seen when a child holds the pipe open`() async throws {
    let fake = try FakeHelper(
      """
      hello()
      subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
      os._exit(1)
      """)
    let helper = try fake.start()
    await helper.untilEnded()
    #expect(fake.losses.count == 1 && fake.hasSaidHello)
  }

  @Test func `a helper that hangs is killed`() async throws {
    let fake = try FakeHelper(
      """
      signal.signal(signal.SIGTERM, signal.SIG_IGN)
      hello()
      time.sleep(600)
      """)
    let helper = try fake.start(silence: .seconds(1))
    let answer = helper.enqueue(.pilotManager)
    await helper.untilEnded()
    #expect(fake.losses.first?.contains("said nothing for 1 s and was killed") ?? false)
    if case .success = await answer.value() { Issue.record("a dead helper answered") }
    #expect(fake.left == [])
  }

  @Test func `a helper may take its time before its first words`() async throws {
    let fake = try FakeHelper("time.sleep(2.5); hello(); sys.stdin.read()")
    let helper = try fake.start(silence: .milliseconds(500))
    try await wait(for: "its first words, or its end") { fake.hasSaidHello || fake.losses != [] }
    #expect(fake.hasSaidHello)
    helper.kill()
    await helper.untilEnded()
  }

  @Test func `a heart that beats is heard`() async throws {
    let fake = try FakeHelper(
      """
      hello()
      for _ in range(12):
          time.sleep(0.25)
          say(event="heartbeat")
      """)
    let helper = try fake.start(silence: .seconds(2))
    helper.finish()
    await helper.untilEnded()
    #expect(fake.losses == [])
    #expect(fake.hasEndedInOrder)
  }

  @Test func `an environment without Python cannot be started`() throws {
    let fake = try FakeHelper("")
    unlink(fake.venv + "/bin/python")
    #expect(throws: DispatchError.self) { try fake.start() }
    #expect(fake.left == [])
  }

  @Test func `a refusal says what would have been right`() {
    let reply = HelperReply(ok: false, error: "no resource 'local.localhos'", names: ["local.localhost", "access.x"])
    #expect(
      HelperError(reply: reply).sentence(configuration: nil)
        == "no resource 'local.localhos' (did you mean 'local.localhost'?): there are local.localhost, access.x")
    #expect(HelperError(reply: HelperReply(ok: false)).sentence(configuration: nil) == "refused without a reason")
    let many = (0..<40).map { "site\($0 % 2).r\($0)" }
    let site = HelperError(reply: HelperReply(ok: false, error: "no 'site1.x'", names: many)).sentence(
      configuration: nil)
    #expect(site.contains("site1.r1, site1.r3") && !site.contains("site0.r"))
  }
}
