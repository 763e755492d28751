import JSON
import Platform
import PythonCall
import Work

/// A program of ours that RADICAL-Pilot's tasks run on its nodes: in a file of the session, because only that can be seen
/// there, and run by Python only if it is what was written. So nothing comes of it when somebody who may rename the
/// session's directory puts another in its place.
enum CheckedProgram: String, CaseIterable {
  /// Starts the programs of tasks.
  case runner = "run_task.py"
  /// Brings their files.
  case stager = "scalems_stage.py"
  /// Has functions called; it carries the program that calls them.
  case caller = "scalems_call.py"

  var bytes: [UInt8] {
    switch self {
    case .runner: PackageResources.run_task_py
    case .stager: PackageResources.scalems_stage_py
    case .caller:
      PackageResources.scalems_call_py
        + Array("\nCALL_ARGUMENTS = \(Self.callArguments)\nCALL_PROGRAM = \(Self.callProgram).encode()\n".utf8)
        + Array("RUN_TASK = \(Self.runTask).encode()\n".utf8)
    }
  }

  // Texts of JSON are texts of Python, too.
  private static let callArguments = JSONValue.array(PythonCall.arguments.map { .string($0) }).json
  private static let callProgram = JSONValue.string(String(decoding: PythonCall.program, as: UTF8.self)).json

  private static let runTask = JSONValue.string(String(decoding: PackageResources.run_task_py, as: UTF8.self)).json

  private static let hashes: [CheckedProgram: String] = .init(
    uniqueKeysWithValues: allCases.map { ($0, SHA256.text(of: $0.bytes)) })

  /// SHA-256 of it.
  var hash: String { Self.hashes[self] ?? "" }

  /// - Parameter directory: the session's.
  func path(in directory: String) -> String { "\(directory)/radical/\(rawValue)" }

  /// Writes all of them.
  ///
  /// - Parameter directory: `radical` of the session's.
  /// - Throws: `FileError` when one cannot be written.
  static func write(to directory: HeldDirectory) throws(FileError) {
    for program in allCases { try directory.replaceFile(program.rawValue, with: program.bytes) }
  }

  /// What makes Python look at it first. No character in it means anything to a shell within single quotes.
  private static let look =
    "import sys,hashlib;"
    + "n,h=sys.argv[1:3];p=open(n,\"rb\").read(1<<20);"
    + "h==hashlib.sha256(p).hexdigest() or sys.exit(n+\": it is not the program that was written there, and is not run\");"
    + "del sys.argv[:2];sys.argv[0]=n;exec(compile(p,n,\"exec\"))"

  /// Words of a shell that have a Python run it, to be followed by its arguments.
  ///
  /// - Parameters:
  ///   - python: the interpreter.
  ///   - options: its options.
  func command(_ python: String, _ options: String, in directory: String) -> String {
    let words = [python, Self.look, path(in: directory), hash].map(TaskCommand.quoted)
    return "\(words[0]) \(options) -c \(words[1]) \(words[2]) \(words[3])"
  }
}
