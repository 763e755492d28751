import Glibc
import SessionModel
import Work

/// Shell commands, one a line, from a file or standard input, as they come.
///
/// Empty lines and lines that start with `#` are passed over.
struct CommandStream: Sendable {
  private let descriptor: Int32
  let path: String

  /// - Throws: `UsageError` when the file cannot be read.
  init(_ path: String) throws(UsageError) {
    self.path = path
    // The screen may want descriptor 0 for the keyboard, so standard input moves away from it.
    descriptor = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UsageError(description: "the commands in '\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw UsageError(description: "'\(path)' is a directory: name a file of commands, or '-' for standard input")
    }
    if path == "-", isatty(descriptor) == 1 {
      throw UsageError(description: "'--commands -' reads a pipe or a file on standard input, and it is a terminal")
    }
  }

  /// Whether all of it is there: it is a file, and no pipe.
  var isWhole: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Hands out what can be read, in lists of at most some ten thousand; blocks the calling thread while it waits.
  ///
  /// - Returns: false when `body` did, so that not all was read.
  @discardableResult
  func read(_ body: (CommandList) -> Bool) -> Bool {
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var partial: [UInt8] = []
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      var list = CommandList()
      var rest = chunk[..<count]
      while let end = rest.firstIndex(of: 0x0a) {
        partial.append(contentsOf: rest[..<end])
        append(partial, to: &list)
        partial.removeAll(keepingCapacity: true)
        rest = rest[(end + 1)...]
      }
      partial.append(contentsOf: rest)
      if !list.isEmpty, !body(list) { return false }
    }
    var list = CommandList()
    append(partial, to: &list)
    return list.isEmpty || body(list)
  }

  private func append(_ line: [UInt8], to list: inout CommandList) {
    let start = line.firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d } ?? line.endIndex
    guard start < line.endIndex, line[start] != UInt8(ascii: "#") else { return }
    list.append(line.last == 0x0d ? line.dropLast() : line[...])
  }
}
