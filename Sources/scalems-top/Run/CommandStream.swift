import Glibc
import Platform
import SystemPackage
import Work

/// Shell commands from an input, as they come.
struct CommandStream: Sendable {
  let input: Input
  let separator: CommandListReader.Separator

  /// - Parameter isNullSeparated: whether commands end in NUL and not in a line feed.
  init(_ input: Input, isNullSeparated: Bool) {
    self.input = input
    separator = isNullSeparated ? .null : .lineFeed
  }

  /// Hands out what can be read, in lists of at most some ten thousand; blocks the calling thread while it waits.
  ///
  /// - Returns: false when `body` did, so that not all was read.
  /// - Throws: `UsageError` when something is no command, or what is left cannot be read; what was handed out before is
  ///   good.
  @discardableResult
  func read(_ body: (CommandList) -> Bool) throws(UsageError) -> Bool {
    defer { close(input.descriptor) }
    var reader = CommandListReader(separator, name: input.words)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count: Int
      do { count = try FileDescriptor(rawValue: input.descriptor).get(into: &chunk) ?? 0 } catch {
        throw UsageError(description: "the commands in \(input.words) cannot be read to their end: \(error)")
      }
      let list = count == 0 ? reader.finish() : reader.read(chunk[..<count])
      if !list.isEmpty, !body(list) { return false }
      if let fault = reader.fault { throw UsageError(description: "\(fault)") }
      if count == 0 { return true }
    }
  }

  /// All of them.
  ///
  /// - Throws: as `read`.
  func readAll() throws(UsageError) -> [CommandList] {
    var lists: [CommandList] = []
    try read { list in
      lists.append(list)
      return true
    }
    return lists
  }
}
