import Executor
import Glibc
import Platform

/// The virtual environment that has radical.pilot, and that tasks run in.
struct Venv: Sendable {
  var path: String

  /// - Throws: `DispatchError` when it is none, or does not run.
  init(_ text: String, relativeTo directory: String) throws(DispatchError) {
    path = text.hasPrefix("/") ? text : directory + "/" + text
    if text == "~" || text.hasPrefix("~/"), let home = SystemText.variable("HOME") {
      path = home + text.dropFirst()
    }
    let advice = "name a virtual environment with radical.pilot; 'scalems-top setup-radical' makes one"
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw DispatchError("there is no virtual environment at \(path): \(advice)")
    }
    guard access(path + "/bin/python", X_OK) == 0, access(path + "/bin/activate", R_OK) == 0 else {
      throw DispatchError("\(path) is no virtual environment (it has no bin/python and bin/activate): \(advice)")
    }
  }
}
