import Glibc
import Platform
import SessionLink
import SystemPackage
import TestSupport
import Testing
import Work

/// What a task prints is followed, whatever becomes of its files.
@Suite struct OutputTailTests {
  private let place: TemporaryDirectory
  private let tail: TaskOutputTail

  init() throws {
    place = try TemporaryDirectory()
    for name in ["tasks", "tasks/task.000007"] { mkdir("\(place.path)/\(name)", 0o700) }
    tail = TaskOutputTail(SessionDirectory(FilePath(place.path)), of: TaskID(7), named: "stdout")
    tail.onRestart = { [log] in log.text += "|" }
  }

  private final class Log {
    var text = ""
  }
  private let log = Log()

  /// All that is new, with a bar where the task began again.
  private func news() throws -> String {
    log.text = ""
    #expect(
      try tail.read { bytes in
        log.text += String(decoding: bytes, as: UTF8.self)
        return true
      })
    return log.text
  }

  private func write(_ text: String, to directory: String = "task.000007") throws {
    let file = try Descriptor.open("\(place.path)/tasks/\(directory)/stdout", O_WRONLY | O_CREAT | O_APPEND)
    try file.writeAll(text.utf8)
  }

  /// Begins another attempt as the engine does.
  private func setAside(_ name: String) {
    #expect(rename("\(place.path)/tasks/task.000007", "\(place.path)/tasks/task.000007.\(name)") == 0)
    mkdir("\(place.path)/tasks/task.000007", 0o700)
  }

  @Test func `each attempt is read to its end, also those that came and went between two looks`() throws {
    #expect(try news() == "" && !tail.hasBegun)
    try write("one\n")
    #expect(try news() == "one\n" && tail.hasBegun)
    #expect(try news() == "")
    try write("more\n")
    setAside("attempt1")
    // What it left running may write still.
    try write("late\n", to: "task.000007.attempt1")
    #expect(try news() == "more\nlate\n")
    for number in 2...12 {
      try write("\(number)\n")
      setAside("attempt\(number)")
    }
    try write("last\n")
    #expect(try news() == (2...12).map { "|\($0)\n" }.joined() + "|last\n")
    #expect(try news() == "")
  }

  @Test func `an attempt that was taken up twice, or printed nothing, is no gap`() throws {
    try write("one\n")
    #expect(try news() == "one\n")
    setAside("attempt1")
    try write("again\n")
    setAside("attempt1.2")
    setAside("attempt2")
    try write("third\n")
    #expect(try news() == "|again\n|third\n")
  }

  @Test func `an output that is emptied, removed or replaced goes on`() throws {
    try write("a long line\n")
    #expect(try news() == "a long line\n")
    #expect(truncate("\(place.path)/tasks/task.000007/stdout", 0) == 0)
    try write("new\n")
    #expect(try news() == "new\n")
    unlink("\(place.path)/tasks/task.000007/stdout")
    #expect(try news() == "")
    try write("made again\n")
    #expect(try news() == "|made again\n")
    #expect(rename("\(place.path)/tasks", "\(place.path)/away") == 0)
    #expect(try news() == "")
  }

  @Test func `what is no file is said, and waited for by nobody`() throws {
    #expect(mkfifo("\(place.path)/tasks/task.000007/stdout", 0o600) == 0)
    #expect(throws: FileError.self) { try news() }
  }

  @Test func `who wants no more gets no more`() throws {
    try write("one\n")
    #expect(try !tail.read { _ in false })
  }
}
