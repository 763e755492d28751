/// How to run one line of a list of commands.
public enum ShellCommand {
  /// The arguments that execute `line`: the program itself when a shell would do no more than start it (as `make`
  /// does, it saves a process start), else `/bin/sh -c line`.
  public static func argv(_ line: String) -> [String] {
    simpleWords(line) ?? ["/bin/sh", "-c", line]
  }

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
}
