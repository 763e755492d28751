import SessionModel
import TestSupport
import Testing

@testable import RadicalWatch

@Suite struct MessagePackTests {
  private func packed<Value>(_ bytes: [UInt8], _ body: (MessagePack?) -> Value) -> Value {
    bytes.withUnsafeBytes { body(MessagePack($0)) }
  }

  @Test func `values of every width are read`() {
    let integers: [([UInt8], Int)] = [
      ([0x07], 7), ([0xff], -1), ([0xe0], -32), ([0xcc, 200], 200), ([0xcd, 1, 0], 256), ([0xce, 0, 1, 0, 0], 65536),
      ([0xcf, 0, 0, 0, 1, 0, 0, 0, 0], 1 << 32), ([0xd0, 0x80], -128), ([0xd1, 0xff, 0], -256),
      ([0xd2, 0xff, 0xff, 0xff, 0xff], -1), ([0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2),
    ]
    for (bytes, value) in integers { #expect(packed(bytes) { $0?.integer } == value) }
    #expect(packed([0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]) { $0?.number } == 1.5)
    #expect(packed([0xca, 0x3f, 0xc0, 0, 0]) { $0?.number } == 1.5)
    #expect(packed([0xa2, 0x68, 0x69]) { $0?.text } == "hi")
    #expect(packed([0xd9, 2, 0x68, 0x69]) { $0?.text } == "hi")
    #expect(packed([0xc3]) { $0?.boolean } == true)
  }

  /// Keys that are no texts, binary data and extensions stand between what is looked for.
  @Test func `a key is found behind anything`() {
    let bytes: [UInt8] =
      [0x84, 0x01, 0xc0] + [0xa1, 0x62, 0xc4, 2, 9, 9] + [0xa1, 0x78, 0xd4, 1, 0] + [
        0xa1, 0x61, 0x92, 0x01, 0xa1, 0x7a,
      ]
    let found: [String] = packed(bytes) { map in
      var texts: [String] = []
      map?["a"]?.forEach { texts.append($0.text ?? $0.integer.map { "\($0)" } ?? "?") }
      return texts
    }
    #expect(found == ["1", "z"])
    #expect(packed(bytes) { $0?["c"] == nil })
  }

  @Test func `no bytes lead beyond their end or take for ever`() {
    var numbers = SeededNumbers(5)
    // Lists in lists, and counts that promise more than there is.
    for bytes in [
      [UInt8](repeating: 0x91, count: 100_000), [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0x7f, 0, 0, 0, 0xc0],
    ] {
      packed([0x82, 0xa1, 0x62] + bytes) { #expect($0?["a"] == nil) }
    }
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...40, using: &numbers)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      packed(bytes) { value in
        _ = value?["uid"]?.text
        value?.forEach { _ = $0["state"]?.text }
      }
    }
  }

  @Test func `what is written is read`() {
    let texts =
      ["", "a", String(repeating: "b", count: 31), String(repeating: "c", count: 32)]
      + [String(repeating: "d", count: 300), String(repeating: "e", count: 70_000)]
    var writer = MessagePackWriter()
    writer.map(2)
    writer.text("uids")
    writer.texts(texts + Array(repeating: "x", count: 40))
    writer.text("fwd")
    writer.flag(true)
    packed(writer.bytes) { map in
      #expect(map?.texts("uids") == texts + Array(repeating: "x", count: 40))
      #expect(map?["fwd"]?.boolean == true)
    }
  }
}

@Suite struct OrderTests {
  /// To the byte: a frame that is none ends the owner's listeners for good.
  @Test func `orders have the form that was tried`() {
    let kill = RadicalOrder.killPilots(["pilot.0000"], manager: "pmgr.0000").frame
    let expected: [UInt8] =
      Array("control_pubsub ".utf8) + [0x82, 0xa3] + Array("cmd".utf8) + [0xab] + Array("kill_pilots".utf8) + [0xa3]
      + Array("arg".utf8) + [0x82, 0xa4] + Array("pmgr".utf8) + [0xa9] + Array("pmgr.0000".utf8) + [0xa4]
      + Array("uids".utf8) + [0x91, 0xaa] + Array("pilot.0000".utf8)
    #expect(kill == expected)
    let cancel = RadicalOrder.cancelTasks(["a"], manager: "tmgr.0000").frame ?? []
    #expect(cancel.suffix(6) == [0xa3] + Array("fwd".utf8) + [0xc3] || cancel.last == 0xc3)
  }

  /// An empty list of pilots means all of them.
  @Test func `what names nothing is not sent`() {
    #expect(RadicalOrder.killPilots([], manager: "pmgr.0000").frame == nil)
    #expect(RadicalOrder.cancelTasks([], manager: "tmgr.0000").frame == nil)
    #expect(RadicalOrder.killPilots(["pilot.0000"], manager: "").frame == nil)
  }
}

@Suite struct WireNewsTests {
  private func message(_ body: (inout MessagePackWriter) -> Void) -> [UInt8] {
    var writer = MessagePackWriter()
    body(&writer)
    return Array("state_pubsub ".utf8) + writer.bytes
  }

  private func update(_ uid: String, _ state: String) -> [UInt8] {
    message { writer in
      writer.map(2)
      writer.text("cmd")
      writer.text("update")
      writer.text("arg")
      writer.map(3)
      writer.text("uid")
      writer.text(uid)
      writer.text("type")
      writer.text("task")
      writer.text("state")
      writer.text(state)
    }
  }

  @Test func `the highest state of each is kept, and what is no message changes nothing`() {
    let wire = RadicalWire(RadicalSite(session: "s", directory: "/nowhere"))
    wire.take(update("task.1", "AGENT_EXECUTING"))
    wire.take(update("task.1", "AGENT_SCHEDULING"))
    wire.take(update("task.2", "NEW"))
    wire.take([])
    wire.take(Array("state_pubsub".utf8))
    wire.take(Array("state_pubsub garbage".utf8))
    // Calls of raptors are on the same channel and have no `cmd`.
    wire.take(message { $0.map(0) })
    wire.take(message { $0.texts(["update"]) })
    let news = wire.take()
    #expect(news.updates.mapValues(\.state) == ["task.1": "AGENT_EXECUTING", "task.2": "NEW"])
    #expect(wire.take().updates.isEmpty && !news.isClosing && news.heartbeat == nil)
    wire.take(
      Array("control_pubsub ".utf8)
        + {
          var w = MessagePackWriter(); w.map(1); w.text("cmd"); w.text("pmgr_heartbeat"); return w.bytes
        }())
    #expect(wire.take().heartbeat != nil)
  }
}
