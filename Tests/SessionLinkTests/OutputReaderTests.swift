import Platform
import SessionModel
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Words
import Work

@testable import TaskOutput

#if canImport(Glibc)
  import Glibc
#endif

/// Where lines begin, said by looking at all of the bytes from the first on.
private func starts(_ bytes: [UInt8], _ bounds: LineWalk.Bounds) -> [Int] {
  var starts = bytes.isEmpty ? [] : [0]
  for place in 1..<max(1, bytes.count) {
    if bytes[place - 1] == 0x0A {
      starts.append(place)
      continue
    }
    // A part may begin up to three bytes behind its place, which is where a character begins.
    for shift in 0...3 where place >= shift && (place - shift) % bounds.part == 0 && place > shift {
      let at = place - shift
      let block = bytes[(at - bounds.part)..<at]
      guard !block.contains(0x0A), at % bounds.longest == 0 || !block.contains(0x0D) else { continue }
      let skipped = bytes[at...].prefix(3).prefix { $0 & 0xC0 == 0x80 }.count
      if skipped == shift { starts.append(place) }
    }
  }
  return starts
}

@Suite struct OutputReaderTests {
  private let scratch = Scratch()
  private var path: FilePath { scratch["out"] }

  private func put(_ text: String) { put(Array(text.utf8), into: path) }

  private func put(_ bytes: [UInt8], into path: FilePath) {
    let file = fopen(path.string, "w")
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  private func append(_ text: String) {
    let file = fopen(path.string, "a")
    fputs(text, file)
    fclose(file)
  }

  private func texts(_ page: OutputPage) -> [String] { page.lines.map(\.text) }

  @Test func `lines begin at the same places, seen from the start, from the end and from anywhere`() throws {
    var numbers = SeededNumbers(1)
    let bounds = LineWalk.Bounds(part: 8, longest: 32)
    let alphabets = ["ab\n", "abcdefgh\n", "ab\r", "abcdefghijklmnopq\r\n", "解é", "a解\n", "aaaaaaaaaaaaaaaaaaaaaa\r"]
    for _ in 0..<400 {
      let alphabet = Array((alphabets.randomElement(using: &numbers) ?? "").utf8)
      let bytes = (0..<Int.random(in: 0...150, using: &numbers)).map { _ in alphabet.randomElement(using: &numbers) ?? 0
      }
      put(bytes, into: path)
      let expected = starts(bytes, bounds)
      var walk = LineWalk(try Descriptor.open(.file, path.string), path: path.string, bounds: bounds)
      var forward: [Int] = []
      var at = 0
      while at < bytes.count {
        forward.append(at)
        at = try walk.end(from: at)
      }
      #expect(forward == expected, "\(bytes)")
      var backward: [Int] = []
      at = bytes.count
      while at > 0 {
        at = try walk.start(before: at)
        backward.insert(at, at: 0)
      }
      #expect(backward == expected, "\(bytes)")
      for byte in bytes.indices {
        #expect(try walk.start(at: byte) == expected.last { $0 <= byte }, "\(byte) of \(bytes)")
      }
    }
  }

  @Test func `pages are windows of all lines, with their numbers`() throws {
    var numbers = SeededNumbers(2)
    for _ in 0..<100 {
      let lines = (0..<Int.random(in: 0...60, using: &numbers)).map { "line \($0)" }
      let isOpen = Bool.random(using: &numbers)
      let text = lines.joined(separator: "\n") + (isOpen || lines.isEmpty ? "" : "\n")
      put(text)
      var reader = OutputReader(path.string)
      for _ in 0..<10 {
        let (before, after) = (Int.random(in: 0...20, using: &numbers), Int.random(in: 1...20, using: &numbers))
        let byte = Int.random(in: 0...(text.utf8.count + 5), using: &numbers)
        let isAtEnd = Bool.random(using: &numbers)
        let page = try reader.page(isAtEnd ? .end : .byte(byte), before: before, after: after)
        let number = isAtEnd ? lines.count : max(0, min(lines.count - 1, text.utf8.prefix(byte).count { $0 == 0x0A }))
        let end = min(lines.count, number + (isAtEnd ? 0 : after))
        let start = max(0, end - before - after, isAtEnd ? 0 : min(number - before, end - before - after))
        #expect(texts(page) == Array(lines[max(0, start)..<end]), "\(number) \(before) \(after) of \(lines.count)")
        #expect(page.lineCount == lines.count && page.size == text.utf8.count)
        #expect(page.firstNumber == max(0, start) + 1)
        #expect(page.isAtStart == (start <= 0) && page.isAtEnd == (end == lines.count))
      }
    }
  }

  @Test func `what is not there, is no file or cannot be read is said`() throws {
    var reader = OutputReader(path.string)
    func words(_ reader: inout OutputReader) -> String {
      do throws(LineWalk.Failure) { return "\(try reader.page(.end, before: 5, after: 5))" } catch {
        return error.words
      }
    }
    #expect(words(&reader) == "nothing was written yet")
    put("one\n")
    _ = try reader.page(.end, before: 5, after: 5)
    unlink(path.string)
    #expect(words(&reader) == "the file is not there any more")
    mkfifo(path.string, 0o600)
    #expect(words(&reader) == "\(path) is a FIFO, not a file")
    unlink(path.string)
    mkdir(path.string, 0o700)
    #expect(words(&reader) == "\(path) is a directory, not a file")
    rmdir(path.string)
    symlink("/dev/zero", path.string)
    #expect(words(&reader) == "\(path) is a device, not a file")
    unlink(path.string)
    symlink("out", path.string)
    #expect(words(&reader).contains("cannot be read"))
    unlink(path.string)
    put("")
    #expect(try reader.page(.end, before: 5, after: 5).lines == [])
  }

  @Test func `what comes is seen, and another file is known as such`() throws {
    put("one\ntw")
    var reader = OutputReader(path.string)
    let first = try reader.page(.end, before: 5, after: 5)
    #expect(texts(first) == ["one", "tw"] && first.lineCount == 2)
    append("o\nthree\n")
    let second = try reader.page(.end, before: 5, after: 5)
    #expect(texts(second) == ["one", "two", "three"] && second.lineCount == 3 && second.generation == first.generation)
    // Written over by something longer, cut, replaced by a rename: each is another output.
    put("another output that is longer\n")
    let third = try reader.page(.end, before: 5, after: 5)
    #expect(third.generation > second.generation && third.lineCount == 1)
    put("another")
    let fourth = try reader.page(.end, before: 5, after: 5)
    #expect(fourth.generation > third.generation)
    put(Array("another".utf8), into: scratch["new"])
    rename(scratch["new"].string, path.string)
    #expect(try reader.page(.end, before: 5, after: 5).generation > fourth.generation)
  }

  @Test func `a line without an end comes in parts, and a progress bar is one line`() throws {
    put(String(repeating: "0123456789", count: 100_000) + "\nlast\n")
    var reader = OutputReader(path.string)
    let page = try reader.page(.byte(0), before: 5, after: 10)
    #expect(page.lines.count == 10 && page.lines.allSatisfy { $0.text.utf8.count == 1 << 14 && !$0.isEnded })
    #expect(page.lineCount == 2 && page.firstNumber == 1)
    let end = try reader.page(.end, before: 2, after: 0)
    #expect(texts(end).last == "last" && end.firstNumber == 1)
    put("start\n" + (0..<100_000).map { "\r\u{1B}[Kstep \($0)" }.joined() + "\nend\n")
    #expect(texts(try reader.page(.end, before: 20, after: 20)) == ["start", "step 99999", "end"])
  }

  /// Sparse, so that it costs no disk.
  @Test func `a line of gigabytes costs neither memory nor time`() throws {
    put("first\n")
    truncate(path.string, 8 << 30)
    append("\nlast\n")
    var reader = OutputReader(path.string)
    #expect(texts(try reader.page(.end, before: 3, after: 3)).last == "last")
    #expect(texts(try reader.page(.byte(0), before: 3, after: 3)).first == "first")
    #expect(try reader.page(.byte(4 << 30), before: 10, after: 10).lines.count == 20)
  }

  @Test func `a search finds what is shown, forward, backward and around`() throws {
    var numbers = SeededNumbers(4)
    let words = ["water", "Error", "\u{1B}[31merr\u{1B}[0mor", "10%\r20%", "a\tb", "解析", "", "x\u{8}y"]
    for round in 0..<60 {
      let lines = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in
        (0..<3).map { _ in words.randomElement(using: &numbers) ?? "" }.joined(separator: " ")
      }
      put(lines.joined(separator: "\n"))
      let shown = lines.map { PrintedText.line(Array($0.utf8)[...]) }
      let text = ["error", "20%", "解", "y", "nothing", "a  "][round % 6]
      let needle = try #require(Needle(text))
      let hits = shown.indices.filter { needle.occurs(in: shown[$0]) }
      let starts = lines.indices.map { lines[..<$0].reduce(0) { $0 + $1.utf8.count + 1 } }
      var reader = OutputReader(path.string)
      for (number, start) in starts.enumerated() where lines[number] != "" || number + 1 < lines.count {
        for (isBackward, isAfter) in [(false, false), (false, true), (true, false), (true, true)] {
          let found = try reader.search(needle, from: start, isBackward: isBackward, isAfter: isAfter) { _ in true }
          let ahead = hits.filter {
            isBackward ? $0 < number || ($0 == number && !isAfter) : $0 > number || ($0 == number && !isAfter)
          }
          let rest = hits.filter { !ahead.contains($0) }
          let expected = isBackward ? ahead.last ?? rest.last : ahead.first ?? rest.first
          #expect(found?.line == expected.map { starts[$0] }, "\(text) from \(number): \(lines)")
          if let found { #expect(found.isAround == ahead.isEmpty) }
        }
      }
    }
  }

  @Test func `a search over many blocks finds what is at their edges, and can be given up`() throws {
    let line = String(repeating: "x", count: 1021) + "\n"
    let lines = (0..<3000).map { $0 % 1024 == 1023 ? "needle \($0)\n" + line : line }
    put(lines.joined() + String(repeating: "a long line\r", count: 500_000) + "with a Needle\n")
    var reader = OutputReader(path.string)
    let needle = try #require(Needle("needle"))
    var found: [Int] = []
    var at = 0
    while let hit = try reader.search(needle, from: at, isBackward: false, isAfter: at > 0, while: { _ in true }),
      !hit.isAround
    {
      found.append(hit.line)
      at = hit.line
    }
    #expect(found.count == 3)
    var back: [Int] = []
    at = .max
    while let hit = try reader.search(needle, from: at, isBackward: true, isAfter: !back.isEmpty, while: { _ in true }),
      !hit.isAround
    {
      back.insert(hit.line, at: 0)
      at = hit.line
    }
    #expect(back == found)
    var asked = 0
    let none = try reader.search(try #require(Needle("nowhere")), from: 0, isBackward: false, isAfter: false) { share in
      asked += 1
      #expect(share > 0 && share <= 1)
      return asked < 3
    }
    #expect(none == nil && asked == 3)
  }
}

/// A file system that hangs where this says so.
private final class HangingFiles: Sendable {
  private let blocked = Mutex<Set<String>>([])

  func hang(_ path: String) { blocked.withLock { _ = $0.insert(path) } }
  func recover() { blocked.withLock { $0 = [] } }

  @Sendable func open(_ path: String) throws(FileError) -> Descriptor {
    while blocked.withLock({ $0.contains(path) }) { usleep(2000) }
    return try Descriptor.open(.file, path)
  }
}

@Suite struct OutputDeskTests {
  private let scratch = Scratch()
  private let files = HangingFiles()

  private func put(_ text: String, _ name: String) {
    let file = fopen(scratch[name].string, "w")
    fputs(text, file)
    fclose(file)
  }

  private func request(_ number: Int, _ task: Int, _ kind: OutputRequest.Kind = .page(.end)) -> OutputRequest {
    OutputRequest(number: number, output: OutputID(TaskID(task), .stdout), kind: kind, before: 5, after: 5)
  }

  /// Answers in the order in which they came.
  private final class Answers: Sendable {
    let all = Mutex<[OutputAnswer]>([])
    @Sendable func take(_ answer: OutputAnswer) { all.withLock { $0.append(answer) } }
    func last(_ number: Int) -> OutputAnswer.Result? { all.withLock { $0.last { $0.number == number }?.result } }
    func page(_ number: Int) -> [String]? {
      guard case .page(let page)? = last(number) else { return nil }
      return page.lines.map(\.text)
    }
  }

  @Test func `one that hangs holds up no other, and too many are refused`() async throws {
    let desk = OutputDesk(open: { [files] path throws(FileError) in try files.open(path) })
    let answers = Answers()
    for task in 0...OutputDesk.laneLimit {
      put("output \(task)\n", "\(task)")
      if task > 0 { files.hang(scratch["\(task)"].string) }
    }
    func read(_ number: Int, _ task: Int) {
      let path = scratch["\(task)"].string
      desk.read(request(number, task), at: { .success(path) }, answers.take)
    }
    // All lanes but one hang, and the one serves all others.
    for task in 1..<OutputDesk.laneLimit { read(task, task) }
    for number in 100..<110 {
      read(number, 0)
      try await wait(for: "an answer") { answers.page(number) == ["output 0"] }
    }
    read(200, OutputDesk.laneLimit)
    // What is asked again of one that hangs takes no further lane.
    for number in 201..<220 { read(number, 1) }
    read(300, 0)
    guard case .failure(let words)? = answers.last(300) else {
      Issue.record("not refused: \(String(describing: answers.last(300)))")
      return files.recover()
    }
    #expect(words == "8 other outputs do not answer: their file systems may hang")
    files.recover()
    try await wait(for: "the one that hung") { answers.page(219) == ["output 1"] }
    try await wait(for: "another that hung") { answers.page(200) == ["output \(OutputDesk.laneLimit)"] }
    #expect(answers.last(210) == nil, "moot")
    read(400, 0)
    try await wait(for: "a lane") { answers.page(400) == ["output 0"] }
  }

  @Test func `a search is told of and gives way to what is asked next`() async throws {
    let desk = OutputDesk()
    let answers = Answers()
    let path = scratch["big"].string
    put("first\n", "big")
    truncate(path, 4 << 30)
    let needle = try #require(Needle("nowhere"))
    desk.read(
      request(1, 0, .search(needle, from: 0, isBackward: false, isAfter: false)), at: { .success(path) }, answers.take)
    try await wait(for: "progress") { if case .searching? = answers.last(1) { true } else { false } }
    desk.read(request(2, 0, .page(.byte(0))), at: { .success(path) }, answers.take)
    try await wait(for: "the page") { answers.page(2)?.first == "first" }
    if case .notFound? = answers.last(1) { Issue.record("it was not at its end") }
    desk.read(
      request(3, 0, .search(try #require(Needle("FIRST")), from: 0, isBackward: false, isAfter: false)),
      at: { .success(path) }, answers.take)
    try await wait(for: "a hit") { if case .found(_, 0, isAround: false)? = answers.last(3) { true } else { false } }
  }

  @Test func `the lines of a longer output are numbered when somebody has time`() async throws {
    let desk = OutputDesk()
    let answers = Answers()
    let path = scratch["long"].string
    put(String(repeating: "0123456789abcde\n", count: 1_000_000), "long")
    desk.read(request(1, 0), at: { .success(path) }, answers.take)
    try await wait(for: "the page") { answers.page(1)?.count == 10 }
    try await wait(for: "its numbers") {
      if case .page(let page)? = answers.last(1) {
        page.lineCount == 1_000_000 && page.firstNumber == 999_991
      } else {
        false
      }
    }
  }
}
