import Foundation
import Testing
import WorkflowFile

@Suite("The file itself")
struct FileTests {
  private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "scalems-workflow-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try body(path)
  }

  private func message(_ path: String) -> String {
    do {
      _ = try WorkflowFile(contentsOf: path)
      return "no problem"
    } catch {
      return error.description
    }
  }

  @Test func missing() {
    #expect(message("/nowhere/w.yaml") == "/nowhere/w.yaml: cannot be opened: No such file or directory")
  }

  @Test func directory() {
    #expect(message("/") == "/: is a directory, not a workflow file")
  }

  @Test func notUTF8() throws {
    try withFile(Array("tasks:\n  - ä".utf8) + [0xE9, 0x0A]) { path in
      #expect(message(path) == "\(path):2:6: the file is not UTF-8 text here")
    }
    try withFile([0xFF, 0xFE, 0x61, 0]) { path in
      #expect(message(path) == "\(path):1:1: the file is not UTF-8 text here")
    }
  }

  @Test func byteOrderMark() throws {
    try withFile([0xEF, 0xBB, 0xBF] + Array("taskss: []".utf8)) { path in
      #expect(message(path).hasPrefix("\(path):1:1: "))
    }
  }

  @Test func tooLarge() throws {
    try withFile([UInt8](repeating: 0x20, count: (64 << 20) + 1)) { path in
      #expect(message(path).hasPrefix("\(path): is larger than 64 MiB"))
    }
  }

  @Test func examplesAreRight() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples")
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where ["yaml", "yml", "json"].contains(file.pathExtension) {
      let workflow = try WorkflowFile(contentsOf: file.path)
      #expect(workflow.taskCount > 0)
      #expect(!plan(of: workflow).isEmpty)
      count += 1
    }
    #expect(count >= 4)
  }
}

@Suite("Hostile files")
struct HostileFileTests {
  static let sample = """
    name: fuzz
    x-d: &d {retries: 1, environment: {A: 1, B: "x\\ty"}}
    pilot: {cores: 4, runtime: 5m}
    tasks:
      - name: a
        command: |
          echo {x}
      - {name: b, argv: [x, 'y', "z"], after: [a], ensemble: 3, <<: *d}
      - name: c
        argv: [p]
        stdin: {file: q}
        inputs: [m, {source: "session:///n", target: o, action: link}]
        after: b.2
    """

  /// Whatever is done to it, a document is read or refused with a place inside it.
  private func survive(_ text: String) {
    do {
      _ = try WorkflowFile(text: text, path: "f")
    } catch {
      #expect(!error.problems.isEmpty)
      // libyaml counts these as line breaks too.
      let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 2
      #expect(error.problems.allSatisfy { $0.line <= lines && !$0.message.isEmpty }, "\(error)")
    }
  }

  @Test func sampleIsRight() throws {
    #expect(try read(Self.sample).taskCount == 5)
  }

  @Test func truncated() {
    for end in Self.sample.indices { survive(String(Self.sample[..<end])) }
  }

  @Test func mutated() {
    var generator = SplitMix(state: 42)
    let pieces =
      Array("{}[]:,-&*!|>'\"#%@`?~<. \n\t0aé\u{0}\u{7}\u{85}\u{2028}\u{E000}\u{FEFF}\u{1F600}").map(String.init)
      + ["name", "<<: *d", "*d", "- ", ": ", "---", "...", "!!int", "{member}", "\r\n", "\"\\x00\"", "? "]
    for _ in 0..<4000 {
      var text = Array(Self.sample)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<text.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text.remove(at: place)
        case 1: text.insert(contentsOf: pieces.randomElement(using: &generator) ?? "", at: place)
        case 2: text.replaceSubrange(place...place, with: pieces.randomElement(using: &generator) ?? "")
        default:
          let end = min(text.count, place + Int.random(in: 1...30, using: &generator))
          text.insert(contentsOf: text[place..<end], at: Int.random(in: 0..<text.count, using: &generator))
        }
      }
      survive(String(text))
    }
  }

  @Test func deepNesting() {
    survive(String(repeating: "[", count: 100_000))
    survive(String(repeating: "{a: ", count: 100_000))
    survive("tasks: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900))
    survive((0..<3000).map { String(repeating: " ", count: $0) + "a:\n" }.joined())
  }

  @Test(.timeLimit(.minutes(1))) func billionLaughs() {
    var text = "x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\nx-m0: &m0 {retries: 1}\n"
    for level in 1...30 {
      text += "x-\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
      text +=
        "x-m\(level): &m\(level) {<<: [" + Array(repeating: "*m\(level - 1)", count: 10).joined(separator: ", ")
        + "]}\n"
    }
    survive(
      text + "tasks: [{name: a, argv: *a30, stdin: *a30, inputs: *a30, <<: *m30}, {name: b, argv: [x], <<: *m30}]\n")
    survive(text + "x-30: 1\ntasks: *a30\n")
  }
}

/// A small generator with a seed: the same documents in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
