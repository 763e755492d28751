/// Turns the bytes of a list of shell commands into commands, as they come.
///
/// One command a line: empty lines and lines that start with `#` are passed over, a carriage return before the line feed
/// does not belong to the command. Or commands that end in NUL, as `find -print0` writes them: these may hold line feeds.
/// A byte order mark at the start is passed over.
public struct CommandListReader: Sendable {
  public enum Separator: UInt8, Sendable {
    case null = 0
    case lineFeed = 0x0a

    fileprivate var unit: String { self == .null ? "item" : "line" }
  }

  private let separator: Separator
  /// How messages call the list: `'list.txt'`, `standard input`.
  private let name: String
  private var isAtStart = true
  /// Of the command that is being read.
  private var number = 1
  /// The beginning of it.
  private var partial: [UInt8] = []
  /// What is wrong with the list: where, and what to do. Nothing behind that place becomes a command.
  public private(set) var fault: String?

  public init(_ separator: Separator, name: String) {
    self.separator = separator
    self.name = name
  }

  /// Takes more bytes.
  ///
  /// - Returns: the commands that are whole now; when there is a `fault`, those before it.
  public mutating func read(_ bytes: ArraySlice<UInt8>) -> CommandList {
    var list = CommandList()
    var rest = bytes
    while fault == nil, let end = rest.firstIndex(of: separator.rawValue) {
      if partial.isEmpty {
        take(rest[..<end], &list)
      } else {
        partial += rest[..<end]
        takePartial(&list)
      }
      rest = rest[(end + 1)...]
    }
    partial += rest
    return list
  }

  /// - Returns: the last command, when nothing ended it.
  public mutating func finish() -> CommandList {
    var list = CommandList()
    if fault == nil { takePartial(&list) }
    return list
  }

  private mutating func takePartial(_ list: inout CommandList) {
    var command: [UInt8] = []
    swap(&command, &partial)
    take(command[...], &list)
    command.removeAll(keepingCapacity: true)
    swap(&command, &partial)
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, _ list: inout CommandList) {
    var command = bytes
    if isAtStart, command.starts(with: [0xef, 0xbb, 0xbf]) { command = command.dropFirst(3) }
    isAtStart = false
    fault = Self.fault(of: command).map { "\(separator.unit) \(number) of \(name) \($0)" }
    number += 1
    guard fault == nil else { return }
    guard let first = command.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d && $0 != 0x0a }) else { return }
    if separator == .lineFeed {
      if first == UInt8(ascii: "#") { return }
      if command.last == 0x0d { command = command.dropLast() }
    }
    list.append(command)
  }

  /// What is wrong with one command, as the end of a sentence.
  private static func fault(of command: ArraySlice<UInt8>) -> String? {
    // Plain text, all of it: by far the most.
    if command.allSatisfy({ $0 != 0 && $0 < 0x80 }) { return nil }
    if command.contains(0) {
      return "holds a NUL byte: '--null' takes commands that end in NUL, as 'find -print0' writes them"
    }
    guard String(validating: command, as: UTF8.self) == nil else { return nil }
    var decoder = UTF8()
    var iterator = command.makeIterator()
    var good = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { good += UTF8.width(scalar) }
    return "is not UTF-8 at byte \(good + 1), so it is not run: a shell takes other bytes as \"$(printf '\\351')\""
  }
}
