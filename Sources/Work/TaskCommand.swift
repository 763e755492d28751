/// How a task is started: directly, or by a shell that is given a line.
public enum TaskCommand: Equatable, Sendable {
  case direct([String])
  case shell(String)

  private static let shellWords = ["/bin/sh", "-c"]

  /// Tells a line for a shell from a program with its arguments.
  public init(argv: [String]) {
    self =
      argv.count == 3 && argv[0] == Self.shellWords[0] && argv[1] == Self.shellWords[1]
      ? .shell(argv[2]) : .direct(argv)
  }

  /// The program and its arguments; a shell's line is always given to the shell.
  public var argv: [String] {
    switch self {
    case .direct(let argv): argv
    case .shell(let line): Self.shellWords + [line]
    }
  }

  /// What runs, for people: not quoted.
  public var words: String {
    switch self {
    case .direct(let argv): argv.joined(separator: " ")
    case .shell(let line): line
    }
  }

  /// A line that does the same in a shell.
  public var shellLine: String {
    switch self {
    case .direct(let argv):
      argv.enumerated().map { index, word in
        // What has a `=` in the first place would be an assignment.
        let isSafe = !word.isEmpty && word.utf8.allSatisfy(Self.isSafe) && (index > 0 || !word.contains("="))
        return isSafe ? word : Self.quoted(word)
      }
      .joined(separator: " ")
    case .shell(let line): line
    }
  }

  /// Whether a shell takes the byte as it is within a word.
  private static func isSafe(_ byte: UInt8) -> Bool { isPlain(byte) && byte != UInt8(ascii: " ") && byte != 9 }

  /// The arguments that execute one line of a list of commands: the program itself when a shell would do no more than
  /// start it (as `make` does, it saves a process start), else the shell with the line.
  public static func argv(ofCommand line: String) -> [String] { simpleWords(line) ?? shellWords + [line] }

  private static func simpleWords(_ line: String) -> [String]? {
    guard line.utf8.allSatisfy(isPlain) else { return nil }
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    // Only a path is sure not to be a word of the shell (`exit`, `cd`, `if`, an assignment …).
    guard let program = words.first, program.hasPrefix("/") else { return nil }
    return words
  }

  /// Whether a shell takes the byte as it is, wherever it stands.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: " \t/._-+,:@%=".utf8.contains(byte)
    }
  }

  /// Text that a shell takes literally, as one word.
  ///
  /// By bytes: a quote before a combining character is a quote for a shell, while Swift sees one character of both.
  public static func quoted(_ text: String) -> String {
    var bytes = [UInt8(ascii: "'")]
    for byte in text.utf8 {
      if byte == UInt8(ascii: "'") { bytes.append(contentsOf: "'\\'".utf8) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "'"))
    return String(decoding: bytes, as: UTF8.self)
  }
}
