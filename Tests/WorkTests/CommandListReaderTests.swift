import TestSupport
import Testing
import Work

@Suite struct CommandListReaderTests {
  /// Reads text in pieces of every size.
  private func read(
    _ bytes: some Sequence<UInt8>, _ separator: CommandListReader.Separator = .lineFeed
  ) -> (commands: [String], fault: String?) {
    let bytes = Array(bytes)
    var results: [(commands: [String], fault: String?)] = []
    for size in [1, 2, 3, 7, max(1, bytes.count)] {
      var reader = CommandListReader(separator, name: "'l'")
      var commands: [String] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        let list = reader.read(bytes[start..<min(start + size, bytes.count)])
        commands += (0..<list.count).map { list[$0] }
      }
      let last = reader.finish()
      commands += (0..<last.count).map { last[$0] }
      results.append((commands, reader.fault))
    }
    for result in results { #expect(result == results[0], "pieces make no difference") }
    return results[0]
  }

  @Test func `lines are commands, but for empty ones and comments`() {
    #expect(read("a\n\n  \t\n# x\n  # y\n b \r\nc\r\n\r\nd".utf8).commands == ["a", " b ", "c", "d"])
    #expect(read("".utf8).commands == [])
    #expect(read("a\rb\n".utf8).commands == ["a\rb"])
  }

  @Test func `a byte order mark is passed over, at the start alone`() {
    #expect(read([0xef, 0xbb, 0xbf] + Array("# x\na\n".utf8)).commands == ["a"])
    #expect(read([0xef, 0xbb, 0xbf]).commands == [])
    #expect(read(Array("a\n".utf8) + [0xef, 0xbb, 0xbf, 0x62]).commands == ["a", "\u{feff}b"])
  }

  @Test func `with NUL between them, commands are taken as they are`() {
    #expect(read("a b\0# c\nd\r\0\0 \n\0e".utf8, .null).commands == ["a b", "# c\nd\r", "e"])
  }

  @Test func `a NUL in a list of lines is refused with its place`() {
    for (text, line) in [("a\0b\0", 1), ("a\n\n# c\0\n", 3), ("x\n\0", 2)] {
      let result = read(text.utf8)
      #expect(
        result.fault
          == "line \(line) of 'l' holds a NUL byte: '--null' takes commands that end in NUL, as 'find -print0' writes them"
      )
      #expect(result.commands == (line == 1 ? [] : [text.prefix(1) == "a" ? "a" : "x"]))
    }
  }

  /// Bytes that are no text, and where the first of them is.
  @Test(
    arguments: [
      ([0x63, 0xe9, 0x0a], 2), ([0xff], 1), ([0x61, 0xc3, 0xa9, 0xc3], 4), ([0x20, 0xed, 0xa0, 0x80], 2),
      ([0xc0, 0xaf], 1), ([0xf4, 0x90, 0x80, 0x80], 1),
    ] as [([UInt8], Int)])
  func `bytes that are no text are refused with their place`(bytes: [UInt8], place: Int) {
    let result = read(Array("ok\n\n".utf8) + bytes + Array("\nnever\n".utf8))
    #expect(result.commands == ["ok"])
    #expect(result.fault?.hasPrefix("line 3 of 'l' is not UTF-8 at byte \(place), so it is not run") ?? false)
    #expect(read(bytes + [0], .null).fault?.hasPrefix("item 1 of 'l' is not UTF-8 at byte \(place)") ?? false)
  }

  @Test func `text of any language is taken`() {
    let text = "echo 'é ü 日本語 👩‍🔬'"
    #expect(read((text + "\n").utf8).commands == [text])
  }
}
