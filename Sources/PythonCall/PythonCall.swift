import JSON
import Work

/// Calls of Python functions, the same for every engine: the program `call.py`, what it is told, what it answers.
///
/// An engine starts `python call.py DIRECTORY` with a socket as standard input; `DIRECTORY` is where modules are looked
/// for first.
public enum PythonCall {
  /// The name of the file; multiprocessing imports it, and lists of processes show it.
  public static let fileName = "call.py"

  /// What is in the file.
  public static var program: [UInt8] { PackageResources.call_py }

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
