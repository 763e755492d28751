import JSON
import Platform
import SystemPackage

/// What is known of a program that `exec` runs, in the file `exec.json` of its directory.
struct ExecRecord: Sendable {
  static let name = "exec.json"

  /// What was started, from the program's name on.
  var program: [String] = []
  /// Its process, which is the leader of a process group of its own.
  var pid: Int32 = 0
  /// The process that keeps it, and is its parent.
  var keeper: Int32?
  /// The directory of the session of RADICAL-Pilot that it opened last.
  var session: String?
  /// The program's exit status, or 128 and the signal that ended it, when it has ended.
  var exit: Int32?

  static let record = JSONRecord(
    ExecRecord(),
    .required("program", \.program, .list(.text)),
    .required("pid", \.pid, .integer),
    .optional("keeper", \.keeper, .integer),
    .optional("session", \.session, .text),
    .optional("exit", \.exit, .integer))

  /// What is in a directory; `nil` when it is none of `exec`, or somebody else's.
  init?(in directory: String) {
    guard let bytes = try? readFile("\(directory)/\(Self.name)", owner: .thisUser),
      let record = try? Self.record.coding.value(bytes)
    else { return nil }
    self = record
  }

  init(program: [String], pid: Int32) { (self.program, self.pid) = (program, pid) }

  private init() {}

  /// - Throws: `FileError` when it cannot be written.
  func write(to directory: HeldDirectory) throws(FileError) {
    var json = JSONWriter()
    Self.record.coding.write(self, &json)
    json.endLine()
    try directory.replaceFile(Self.name, with: json.bytes)
  }

  /// Whether the program runs still, by what it prints to: whoever keeps it may have been killed.
  func isRunning(in directory: String) -> Bool {
    guard exit == nil, pid > 0 else { return false }
    return [1, 2].contains { number in
      ["stdout", "stderr"].contains { linkTarget("/proc/\(pid)/fd/\(number)") == "\(directory)/\($0)" }
    }
  }

  /// How people call the program: `my_script.py`.
  var title: String {
    let words = program.dropFirst().filter { !$0.hasPrefix("-") }
    let word = program.first.map { $0.contains("python") ? words.first ?? $0 : $0 } ?? ""
    return word.split(separator: "/").last.map(String.init) ?? word
  }
}
