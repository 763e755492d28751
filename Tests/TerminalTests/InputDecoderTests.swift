import Glibc
import TestSupport
import Testing

@testable import Terminal

/// One row of `recorded.tsv`: what a real terminal sent, and the keys of ours that it is.
///
/// Recorded of 14 terminals and of lines and multiplexers before them; the last column is what a decoder in another
/// language makes of it (`Documentation/Facts.md`).
private struct Recording: Sendable {
  var terminal: String
  var kind: String
  var mode: String
  var action: String
  var bytes: [UInt8]
  var keys: [String]

  static let all: [Recording] = {
    let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    guard let file = fopen(path + "/recorded.tsv", "r") else { return [] }
    defer { fclose(file) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&part, 1, part.count, file), count > 0 { text += part[..<count] }
    return text.split(separator: 10).map { line in
      let fields = String(decoding: line, as: UTF8.self).split(separator: "\t", omittingEmptySubsequences: false)
        .map(String.init)
      return Recording(
        terminal: fields[0], kind: fields[1], mode: fields[2], action: fields[3], bytes: bytes(hex: fields[4]),
        keys: fields[5].split(separator: " ").map(String.init))
    }
  }()

  private static func bytes(hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
  }

  var isReport: Bool { ["reply", "mouse", "focus", "resize", "start-up"].contains(kind) }
}

/// Feeds a decoder, with a clock that only the test moves.
private struct Line {
  var decoder = InputDecoder()
  var now = InputDecoder.Instant.now
  var events: [InputEvent] = []

  mutating func send(_ bytes: some Collection<UInt8>, after gap: Duration = .milliseconds(1)) {
    now += gap
    events += decoder.feed(Array(bytes), at: now)
  }

  mutating func send(_ text: String, after gap: Duration = .milliseconds(1)) { send(text.utf8, after: gap) }

  /// Lets time pass until nothing is unfinished.
  mutating func pause() {
    for _ in 0..<4 {
      guard let deadline = decoder.deadline else { return }
      now = max(now, deadline)
      events += decoder.tick(at: now)
    }
    Issue.record("more than three pauses are needed")
  }

  /// The events that can do something.
  var keys: [InputEvent] { events.filter(\.acts) }

  /// Whether the next keys are understood.
  mutating func isAlive() -> Bool {
    events = []
    send("q", after: .milliseconds(1))
    send("\u{1B}[A", after: .seconds(1))
    return events == [.character("q"), .up]
  }
}

extension InputEvent {
  fileprivate var acts: Bool {
    switch self {
    case .unknown, .alt, .paste: false
    default: true
    }
  }

  /// As it is written in `recorded.tsv`.
  fileprivate var recorded: String {
    switch self {
    case .character(let character): "U+" + hexadecimal(character)
    case .control(let character): "ctrl-\(character)"
    case .function(let number): "f\(number)"
    case .pageUp: "pageup"
    case .pageDown: "pagedown"
    case .backTab: "backtab"
    default: "\(self)"
    }
  }

  private func hexadecimal(_ character: Character) -> String {
    let text = String(character.unicodeScalars.first?.value ?? 0, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - text.count)) + text
  }
}

@Suite struct InputDecoderTests {
  private func events(_ text: String) -> [InputEvent] { events(Array(text.utf8)) }

  private func events(_ bytes: [UInt8]) -> [InputEvent] {
    var line = Line()
    line.send(bytes)
    line.pause()
    return line.events
  }

  // MARK: What was recorded

  @Test func `what terminals send is the keys that were pressed, and reports are none`() {
    #expect(Recording.all.count > 1000)
    for recording in Recording.all {
      var line = Line()
      line.send(recording.bytes)
      line.pause()
      #expect(line.keys.map(\.recorded) == recording.keys, "\(recording)")
      if recording.isReport { #expect(line.keys.isEmpty, "\(recording)") }
    }
  }

  @Test func `a sequence may be cut anywhere, and into single bytes`() {
    for recording in Recording.all where recording.kind != "paste" && recording.bytes.count > 1 {
      let bytes = recording.bytes
      let whole = events(bytes)
      for cut in 1..<bytes.count {
        var line = Line()
        line.send(bytes[..<cut])
        line.send(bytes[cut...])
        line.pause()
        #expect(line.events == whole, "\(recording) cut at \(cut)")
      }
      var line = Line()
      for byte in bytes { line.send([byte]) }
      line.pause()
      #expect(line.events == whole, "\(recording) byte by byte")
    }
  }

  @Test func `after any part of a sequence and a pause the keyboard lives`() {
    for recording in Recording.all {
      for end in 1...recording.bytes.count {
        var line = Line()
        line.send(recording.bytes[..<end])
        line.pause()
        let isAlive = line.isAlive()
        #expect(isAlive, "\(recording) up to \(end)")
      }
    }
  }

  @Test func `the rest of a sequence that comes after its Escape was told acts as no other key`() {
    for recording in Recording.all where recording.bytes.first == 0x1B && recording.bytes.count > 2 {
      guard recording.kind != "paste", case let whole = events(recording.bytes), whole.count == 1 else { continue }
      // ESC and a letter are a key by themselves.
      if recording.kind == "key", ![UInt8(ascii: "["), UInt8(ascii: "O")].contains(recording.bytes[1]) { continue }
      var line = Line()
      line.send(recording.bytes[..<1])
      line.pause()
      line.send(recording.bytes[1...], after: .milliseconds(200))
      line.pause()
      #expect(line.keys.filter { !whole.contains($0) } == [.escape].filter { !whole.contains($0) }, "\(recording)")
    }
  }

  @Test func `after random bytes and a pause the keyboard lives`() {
    let pieces: [[UInt8]] =
      (0...255).map { [$0] }
      + [
        "\u{1B}", "\u{1B}[", "\u{1B}O", "\u{1B}]", "\u{1B}P", "\u{1B}_G", "\u{1B}[M", "\u{1B}[200~", "\u{1B}[201~",
        "\u{9B}", "1;5", ";", "$", "~", "\u{7}", "\u{1B}\\", "u",
      ].map { Array($0.utf8) } + [[0x9B], [0xE6, 0x97]]
    var numbers = SeededNumbers(17)
    for _ in 0..<5_000 {
      var line = Line()
      var sent: [[UInt8]] = []
      for _ in 0..<Int.random(in: 1...6, using: &numbers) {
        let part = (0..<Int.random(in: 1...9, using: &numbers)).flatMap { _ in pieces.randomElement(using: &numbers)! }
        sent.append(part)
        line.send(part, after: .milliseconds(Int.random(in: 0...400, using: &numbers)))
        if Bool.random(using: &numbers), let deadline = line.decoder.deadline, line.now >= deadline {
          line.events += line.decoder.tick(at: line.now)
        }
      }
      line.pause()
      // The rest of a paste that was given up may come for ten seconds.
      line.now += .seconds(11)
      let isAlive = line.isAlive()
      #expect(isAlive, "\(sent)")
    }
  }

  // MARK: What people do

  @Test func `plain keys`() {
    #expect(events("jG/é日") == [.character("j"), .character("G"), .character("/"), .character("é"), .character("日")])
    #expect(events("\t\n\r\u{7F}\u{8}") == [.tab, .enter, .enter, .backspace, .backspace])
    #expect(events("\u{4}\u{15}\u{C}\u{0}") == [.control("d"), .control("u"), .control("l"), .unknown])
    #expect(events("\u{1B}") == [.escape])
    #expect(events("\u{1B}[1;5D" + "j") == [.unknown, .character("j")])
    #expect(events([0xFF, 0xC0, 0x80]).allSatisfy { $0 == .unknown })
  }

  @Test(arguments: Array("XP]_^NO[DcS"))
  func `ESC and a letter are Alt with it, and the next key lives`(_ letter: Character) {
    #expect(events("\u{1B}\(letter)") == [.alt(letter)])
    var line = Line()
    line.send("\u{1B}\(letter)")
    for key in "qjjkjqqj" { line.send(String(key), after: .milliseconds(60)) }
    line.pause()
    // One key at most may belong to it.
    #expect(line.keys.count >= 7, "\(line.events)")
  }

  @Test(arguments: 1...9)
  func `an arrow on a slow line is no other key`(_ tens: Int) {
    var line = Line()
    line.send("\u{1B}")
    if line.now + .milliseconds(30 * tens) >= (line.decoder.deadline ?? line.now) { line.pause() }
    line.send("[D", after: .milliseconds(30 * tens))
    line.pause()
    #expect(line.keys == (tens < 4 ? [.left] : [.escape, .left]))
    line = Line()
    line.send("\u{1B}")
    line.pause()
    line.send("[", after: .milliseconds(30))
    line.pause()
    #expect(line.keys == [.escape])
  }

  @Test func `mouse reports of every form are no keys`() {
    for report in [
      "\u{1B}[M !!", "\u{1B}[M\u{20}yX", "\u{1B}[<0;56;10M", "\u{1B}[<0;56;10m", "\u{1B}[0;56;10M", "\u{1B}[M Xy",
      "\u{1B}[t!!", "\u{1B}[T!!!!!!",
    ] {
      #expect(events(report + "j") == [.unknown, .character("j")], "\(report)")
    }
  }

  // MARK: Pastes

  @Test func `a paste is text, whatever it contains`() {
    #expect(events("\u{1B}[200~Dy\nX\u{1B}[201~") == [.paste("Dy\nX")])
    #expect(events("\u{1B}[200~D") == [.paste("D")])
    // The end mark of a clipboard that lies: nothing behind it in the same read is a key.
    #expect(events("\u{1B}[200~x\u{1B}[201~yq\u{1B}[201~") == [.paste("x"), .unknown])
    var line = Line()
    line.send("\u{1B}[200~")
    line.send("Dy\u{1B}[20")
    line.send("1~")
    line.send("j")
    #expect(line.events == [.paste("Dy"), .character("j")])
  }

  @Test func `of a long paste the beginning is kept`() throws {
    var line = Line()
    line.send("\u{1B}[200~")
    for _ in 0..<300 { line.send(String(repeating: "Dy", count: 2048)) }
    line.send("\u{1B}[201~")
    guard case .paste(let text) = try #require(line.events.first), line.events.count == 1 else {
      Issue.record("\(line.events.count) events")
      return
    }
    #expect(text == String(repeating: "Dy", count: 32_768))
    let isAlive = line.isAlive()
    #expect(isAlive)
  }

  /// The key may be one that goes on with what Alt and the key before it began.
  @Test(arguments: [("P", "?"), ("P", "1"), ("]", "1"), ("]", "l"), ("_", "G"), ("[", "?"), ("[", "1"), ("O", "1")])
  func `who hammers at a key behind Alt with another is heard`(_ introducer: String, _ key: String) {
    for gap in [120, 200, 500, 900] {
      var line = Line()
      line.send("\u{1B}\(introducer)")
      for _ in 0..<12 { line.send(key, after: .milliseconds(gap)) }
      #expect(line.keys.count >= (introducer == "[" || introducer == "O" ? 3 : 9), "\(gap) ms: \(line.events)")
    }
  }

  @Test func `who hammers at a paste that never ends is heard`() {
    for start in ["\u{1B}[200~", "\u{1B}[200~abc", "\u{1B}[1;"] {
      var line = Line()
      line.send(start)
      for _ in 0..<12 { line.send("q", after: .milliseconds(200)) }
      #expect(line.keys.count >= 9, "\(line.events)")
    }
  }
}
