import Glibc
import TestSupport
import Testing
import Wire
import Work

/// An agent survives whatever a damaged or hostile host says, and runs what is right.
@Suite struct HostileHostTests {
  private final class AgentProcess {
    let place: TemporaryDirectory
    private let program: Program
    private let input: Int32

    init() throws {
      place = try TemporaryDirectory()
      mkdir(place.path + "/tasks", 0o700)
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { throw TestProblem("no pipe") }
      program = try Program(scalemsTop, ["agent"], in: place.path, input: ends[0])
      close(ends[0])
      input = ends[1]
    }

    deinit { close(input) }

    /// What it told its host so far.
    var said: String { program.stdout }

    func say(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) } }

    func start(cores: Int = 2, gpus: Int = 1, runtime: Double? = nil, killGrace: Double = 0.1) throws {
      var writer = RequestWriter()
      try writer.write(
        AgentConfiguration(
          session: "s", sessionDirectory: place.path, clientDirectory: place.path, venv: nil, cores: cores, gpus: gpus,
          runtime: runtime, pilot: "pilot.0000", killGrace: killGrace, raptorCommand: []))
      say(writer.take())
    }

    /// Runs a task that leaves a file, and awaits it.
    func runsStill(_ number: Int) async throws {
      var writer = RequestWriter()
      let task = TaskDescription(name: "good", argv: ["/bin/sh", "-c", "echo > \(place.path)/good.\(number)"])
      writer.write(
        TaskID(number), attempt: 1, of: TaskBatch(first: TaskID(number), description: task, members: .single))
      say(writer.take())
      try await wait(for: "the good task \(number)") { place.exists("good.\(number)") }
    }
  }

  @Test func numbersOutOfBounds() async throws {
    let agent = try AgentProcess()
    for (cores, gpus, runtime) in [
      (Int.max, 0, nil), (0, 0, nil), (.min, 0, nil), (1, .max, nil), (1, -1, nil), (1, 0, 1e300), (1, 0, -1),
      (1, 0, 0), (1_000_000_000_000_000_000, 0, nil), (100_000_001, 0, nil as Double?),
    ] { try agent.start(cores: cores, gpus: gpus, runtime: runtime) }
    try agent.start(killGrace: 1e300)
    try await agent.runsStill(1)
    var writer = RequestWriter()
    let most = Int.max
    for (number, resources) in [
      TaskResources(ranks: 1 << 62, coresPerRank: 4), TaskResources(ranks: most, coresPerRank: most, gpusPerRank: most),
      TaskResources(ranks: .min, coresPerRank: .min, gpusPerRank: .min),
      TaskResources(ranks: most, coresPerRank: -1, gpusPerRank: 0), TaskResources(ranks: 0, coresPerRank: 0),
      TaskResources(gpusPerRank: -5),
    ].enumerated() {
      let task = TaskDescription(name: "bad", argv: ["/bin/true"], resources: resources)
      writer.write(
        TaskID(10 + number), attempt: 1,
        of: TaskBatch(first: TaskID(10 + number), description: task, members: .single))
    }
    for (number, timeout) in [1e300, -1, 0, 1e-300, .leastNonzeroMagnitude].enumerated() {
      let task = TaskDescription(name: "bad", argv: ["/bin/true"], timeout: timeout)
      writer.write(
        TaskID(20 + number), attempt: .min,
        of: TaskBatch(first: TaskID(20 + number), description: task, members: .single))
    }
    agent.say(writer.take())
    for line in [
      #"{"do":"cancel","uids":["task.000001","task.000099"],"grace":8999999999999}"#,
      #"{"do":"cancel","uids":["task.000020"],"grace":-5}"#, #"{"do":"cancel","uids":[],"grace":1e300}"#,
      #"{"do":"add_item","n":999999999999999999,"batch":7}"#, #"{"do":"add_item","n":-1}"#,
      #"{"do":"withdraw","request":-999999999999999999}"#, #"{"do":"batch","batch":4294967295}"#, "{", "[]", "null",
    ] { agent.say(Array((line + "\n").utf8)) }
    try await agent.runsStill(2)
    for words in ["needs 1073741824 cores, the pilot has 2", "'cores' of the pilot is too large"] {
      try await wait(for: words) { agent.said.contains(words) }
    }
  }
}
