import Glibc
import Platform
import Synchronization
import TestSupport
import Testing
import Wire
import Work

/// An agent survives whatever a damaged or hostile host says, and runs what is right.
@Suite struct HostileHostTests {
  /// Everything that an agent tells its host.
  private struct Listener: LineReceiver, Sendable {
    let said: Saying
    func receive(_ line: UnsafeRawBufferPointer) { said.add(String(decoding: line, as: UTF8.self)) }
    func pause() {}
    func ended(_ status: WaitStatus) { said.add("ended with \(status.raw)") }
  }

  private final class Saying: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
  }

  private final class AgentProcess {
    let place: TemporaryDirectory
    private let said = Saying()
    private let peer: PeerProcess

    init() throws {
      place = try TemporaryDirectory()
      mkdir(place.path + "/tasks", 0o700)
      peer = try PeerProcess(
        command: [scalemsTop, "scalems-agent", "agent"],
        log: Descriptor.open(place.path + "/agent.log", O_WRONLY | O_CREAT | O_APPEND),
        receiver: Listener(said: said))
    }

    /// Closes its input and awaits its end.
    func end() async throws {
      peer.finish()
      try await wait(for: "the end of the agent") { said.text.contains("ended with 0") }
    }

    /// What it told its host so far.
    var words: String { said.text }

    func say(_ bytes: [UInt8]) { peer.send(bytes) }

    func start(cores: Int = 2, gpus: Int = 1, runtime: Double? = nil, killGrace: Double = 0.1) {
      var writer = RequestWriter()
      let configuration = AgentConfiguration(
        session: "s", sessionDirectory: place.path, clientDirectory: place.path, venv: nil, cores: cores, gpus: gpus,
        runtime: runtime, pilot: "pilot.0000", killGrace: killGrace, patience: 60, raptorCommand: [], callLimit: 7)
      writer.write(.start(configuration))
      say(writer.take())
    }

    /// Runs a task that leaves a file, and awaits it.
    func runsStill(_ number: Int) async throws {
      var writer = RequestWriter()
      let task = TaskDescription(name: "good", argv: ["/bin/sh", "-c", "echo > \(place.path)/good.\(number)"])
      writer.write(
        TaskID(number), attempt: 1, of: TaskBatch(first: TaskID(number), description: task, members: .single))
      say(writer.take())
      try await wait(for: "the good task \(number); it said \(said.text)") { place.exists("good.\(number)") }
    }
  }

  @Test func numbersOutOfBounds() async throws {
    let agent = try AgentProcess()
    for (cores, gpus, runtime) in [
      (Int.max, 0, nil), (0, 0, nil), (.min, 0, nil), (1, .max, nil), (1, -1, nil), (1, 0, 1e300), (1, 0, -1),
      (1, 0, 0), (1_000_000_000_000_000_000, 0, nil), (100_000_001, 0, nil as Double?),
    ] { agent.start(cores: cores, gpus: gpus, runtime: runtime) }
    agent.start(killGrace: 1e300)
    try await agent.runsStill(1)
    var writer = RequestWriter()
    let most = Int.max
    for (number, resources) in [
      TaskResources(ranks: 900_000_000_000_000_000, coresPerRank: 40),
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
      try await wait(for: words) { agent.words.contains(words) }
    }
    try await agent.end()
  }
}
