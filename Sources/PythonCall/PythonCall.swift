import JSON
import Work

/// Calls of Python functions, the same for every engine: the program `call.py`, what it is told, what it answers.
///
/// An engine starts `python ARGUMENTS DIRECTORY` with a socket as standard input, and sends the program first; `DIRECTORY`
/// is where modules are looked for first. So there is no file that somebody could exchange before it is run.
public enum PythonCall {
  /// What lists of processes show, and a file of the program is called.
  public static let fileName = "call.py"

  public static var program: [UInt8] { PackageResources.call_py }

  /// Has Python run a program that comes over its standard input, no byte of what follows it being read.
  ///
  /// - Parameters:
  ///   - size: of the program, in bytes.
  ///   - name: what tracebacks call it.
  public static func arguments(forProgramOf size: Int, name: String) -> [String] {
    ["-c", start(ofProgramOf: size, name: name)]
  }

  private static func start(ofProgramOf size: Int, name: String) -> String {
    let read = "while sum(map(len,a))<\(size):a.append(os.read(0,\(size)-sum(map(len,a)))or os._exit(1))"
    return "import os;a=[];exec('\(read)');exec(compile(b''.join(a),'\(name)','exec'))"
  }

  /// What Python runs to read this program.
  public static var start: String { start(ofProgramOf: program.count, name: fileName) }
  public static var arguments: [String] { arguments(forProgramOf: program.count, name: fileName) }

  /// One call, as a JSON object on one line.
  ///
  /// - Parameters:
  ///   - description: of the task, with its function; names of files are relative to the directory.
  ///   - directory: where the function runs; whoever starts the interpreter adds it when it is not known yet.
  ///   - variables: set in the interpreter's environment for the time of the call.
  public static func request(
    _ function: FunctionCall, of description: TaskDescription, uid: String, directory: String?,
    variables: [String: String]
  ) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("uid", uid)
    json.member("module", function.module)
    json.member("name", function.name)
    json.member("args", .array(function.args))
    json.member("kwargs", .object(function.kwargs))
    if let directory { json.member("directory", directory) }
    json.member("stdout", description.stdout)
    json.member("stderr", description.stderr)
    json.member("environment", .object(variables.mapValues { .string($0) }))
    json.endObject()
    return json.bytes
  }
}
