import Glibc
import JSON
import NIOCore
import NIOEmbedded
import SessionModel
import TestSupport
import Testing
import Wire
import Work

@testable import SessionLink

/// Samples of everything that a client may say.
private let requests: [ControlRequest] = [
  ControlRequest(id: 1, .hello(version: 1, origin: "login1 pts/3", isReadOnly: false)),
  ControlRequest(id: 2, .hello(version: 9, origin: nil, isReadOnly: true)), ControlRequest(id: 3, .follow),
  ControlRequest(id: 4, .command(.drain, reason: "näh \"\n", token: "t.1")),
  ControlRequest(id: 5, .command(.stop, reason: nil, token: nil)),
  ControlRequest(id: 6, .command(.resume, reason: nil, token: nil)),
  ControlRequest(id: 7, .command(.cancel([TaskID(3), TaskID(1_000_000)]), reason: nil, token: nil)),
  ControlRequest(id: 8, .command(.cancelRaptor, reason: nil, token: nil)),
  ControlRequest(id: 9, .command(.close(), reason: "storm", token: nil)),
  ControlRequest(id: 10, .command(.close(.none), reason: nil, token: nil)),
  ControlRequest(id: 11, .command(.close(.seconds(0.5)), reason: nil, token: nil)),
  ControlRequest(
    id: 10,
    .command(
      .submit(
        .items([
          WorkItem(TaskDescription(name: "a", argv: ["echo", "{member}"], stdin: .text("x")), shape: [3]),
          WorkItem(TaskDescription(name: "", argv: ["true"], after: ["a"])),
        ])), reason: nil, token: nil)),
  ControlRequest(id: -1, .command(.submit(.commands(CommandList(["echo \"é\"", "true"]))), reason: nil, token: nil)),
]

private let replies: [ControlReply] = [
  .greeting(version: 1, session: "s", program: "scalems-top 1"), .accepted(id: 1),
  .command(id: 2, CommandReport(command: 17, stage: .acknowledged)),
  .command(id: 2, CommandReport(command: 17, stage: .finished(.done("ok")), added: 5..<8)),
  .command(id: 2, CommandReport(command: 0, stage: .finished(.failed(.invalidWork, "no \"work\"\n")))),
  .position(4711, problem: nil), .position(1, problem: "the disk is full"),
  .refused(ControlError(id: 4, "no")), .refused(ControlError("no")),
]

private func line(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
  var json = JSONWriter()
  write(&json)
  return Array(json.bytes.dropLast())
}

private func request(_ bytes: some Sequence<UInt8>) throws -> ControlRequest {
  try Array(bytes).withUnsafeBytes { try ControlRequest(line: $0) }
}

@Suite struct ControlMessageTests {
  @Test func `every request and reply reads back`() throws {
    for sample in requests { #expect(try request(line(sample.write)) == sample) }
    for sample in replies {
      #expect(try line(sample.write).withUnsafeBytes { try ControlReply(line: $0) } == sample)
    }
  }

  @Test func `a wrong request is refused with its id and why`() {
    for (text, id, words) in [
      ("", nil, "this is no request"), ("hello", nil, "this is no request"), ("[]", nil, "this is no request"),
      (#"{"request":"follow"}"#, nil, "has no id"), (#"{"id":"x","request":"follow"}"#, nil, "this is no request"),
      (#"{"id":1}"#, 1, "does not say which"), (#"{"id":1,"request":"dance"}"#, 1, "no request 'dance'"),
      (#"{"id":1,"request":"hello"}"#, 1, "has no version"), (#"{"id":1,"request":"command"}"#, 1, "has no verb"),
      (#"{"id":1,"request":"command","verb":"explode"}"#, 1, "no command 'explode'"),
      (#"{"id":1,"request":"command","verb":"cancel"}"#, 1, "names no tasks"),
      (#"{"id":1,"request":"command","verb":"cancel","uids":["x"]}"#, 1, "'x' is no uid"),
      (#"{"id":1,"request":"command","verb":"cancel","uids":7}"#, 1, "this is no request"),
      (#"{"id":1,"request":"command","verb":"submit"}"#, 1, "either items or commands"),
      (#"{"id":1,"request":"command","verb":"submit","items":[],"commands":[]}"#, 1, "either items or commands"),
      (#"{"id":1,"request":"command","verb":"submit","items":[{}]}"#, 1, "this is no request"),
      (#"{"id":1,"request":"follow"} x"#, nil, "this is no request"),
    ] as [(String, Int?, String)] {
      let problem = #expect(throws: ControlError.self) { try request(text.utf8) }
      #expect(
        problem?.id == id && problem?.description.contains(words) ?? false, "\(text): \(String(describing: problem))")
    }
  }

  @Test func `deep nesting does no harm`() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let deep = String(repeating: open, count: 10_000) + "1" + String(repeating: close, count: 10_000)
      _ = try? request(#"{"id":1,"request":"follow","x":\#(deep)}"#.utf8)
      _ = try? request(#"{"id":1,"request":"command","verb":"submit","items":\#(deep)}"#.utf8)
    }
  }
}

/// Hostile input through the whole pipeline of a connection: framing, reading, answering. A million of them with
/// SCALEMS_FUZZ=1000000.
@Suite struct ControlFuzzTests {
  private static let rounds = getenv("SCALEMS_FUZZ").flatMap { Int(String(cString: $0)) } ?? 20_000
  private static let shards = 10

  private struct Taker: CommandTaker {
    func take(
      _ command: OperatorCommand, sender: CommandSender, reason: String?,
      report: @escaping @Sendable (CommandRecord) -> Void
    ) {
      report(CommandRecord(id: 1, verb: command.verb, sender: sender, stage: .finished(.done(""))))
    }
  }

  /// A connection, without a socket; `hello` was said when `isOpen`.
  private func connection(isOpen: Bool) throws -> EmbeddedChannel {
    let loop = EmbeddedEventLoop()
    var limits = ControlLimits()
    limits.message = 4096
    let hub = ControlHub(session: "s", taker: Taker(), limits: limits, onRefused: { _ in }, loop: loop)
    let channel = EmbeddedChannel(loop: loop)
    try channel.pipeline.syncOperations.addHandlers([
      ByteToMessageHandler(LineDecoder(limit: limits.message)),
      ControlConnection(hub: hub, user: "ann"),
    ])
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/s")).wait()
    if isOpen { try channel.writeInbound(ByteBuffer(bytes: line(requests[0].write) + [0x0a])) }
    return channel
  }

  @Test(arguments: 0..<UInt64(shards)) func `whatever comes is answered, or ends the connection`(_ seed: UInt64) throws
  {
    var numbers = SeededNumbers(seed)
    let lines = requests.map { line($0.write) }
    var channel = try connection(isOpen: true)
    var outcomes = (answers: 0, refusals: 0, ends: 0)
    for round in 0..<Self.rounds / Self.shards {
      if !channel.isActive || round % 50 == 49 {
        if !channel.isActive { outcomes.ends += 1 }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        channel = try connection(isOpen: Int.random(in: 0..<4, using: &numbers) > 0)
      }
      var bytes: [UInt8]
      switch Int.random(in: 0..<10, using: &numbers) {
      case 0:
        bytes = (0..<Int.random(in: 0..<64, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      case 1:
        bytes = Array(
          repeating: UInt8.random(in: 0...255, using: &numbers), count: Int.random(in: 1...6000, using: &numbers))
      default: bytes = mutated(lines, most: Int.random(in: 1...4, using: &numbers), using: &numbers)
      }
      if Int.random(in: 0..<20, using: &numbers) > 0 { bytes.append(0x0a) }
      // In pieces, as they come over a wire.
      while !bytes.isEmpty {
        let count = Bool.random(using: &numbers) ? bytes.count : Int.random(in: 1...bytes.count, using: &numbers)
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes.prefix(count)))
        bytes.removeFirst(count)
      }
      channel.embeddedEventLoop.run()
      while let answer = try channel.readOutbound(as: ByteBuffer.self) {
        let text = Array(answer.readableBytesView.dropLast())
        let reply = try text.withUnsafeBytes { try ControlReply(line: $0) }
        if case .refused = reply { outcomes.refusals += 1 } else { outcomes.answers += 1 }
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    // Neither all refused nor all taken: the loop reaches all ways.
    #expect(
      outcomes.refusals > Self.rounds / Self.shards / 10 && outcomes.answers > 50 && outcomes.ends > 0, "\(outcomes)")
  }
}
