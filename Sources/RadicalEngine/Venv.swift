import Executor
import Glibc
import Platform

/// The virtual environment that has radical.pilot, or the one that tasks run in.
struct Venv: Sendable {
  var path: String

  /// - Throws: `DispatchError` when it is none, or does not run.
  init(_ text: String, relativeTo directory: String) throws(DispatchError) {
    path = Self.path(text, relativeTo: directory)
    let advice = "name a virtual environment with radical.pilot; 'scalems-top setup-radical' makes one"
    guard isDirectory else { throw DispatchError("there is no virtual environment at \(path): \(advice)") }
    guard access(path + "/bin/python", X_OK) == 0, access(path + "/bin/activate", R_OK) == 0 else {
      throw DispatchError("\(path) is no virtual environment (it has no bin/python and bin/activate): \(advice)")
    }
  }

  /// The environment that tasks run in: any that has a Python, as those of conda have.
  ///
  /// - Parameter text: what was asked for; that of RADICAL-Pilot itself when `nil`.
  /// - Throws: `DispatchError` when there is no Python in it.
  init(target text: String?, otherThan own: Venv, relativeTo directory: String) throws(DispatchError) {
    path = text.map { Self.path($0, relativeTo: directory) } ?? own.path
    guard path != own.path else { return }
    let advice = "target_venv names the Python environment that tasks run in"
    guard isDirectory else { throw DispatchError("there is no environment for tasks at \(path): \(advice)") }
    guard access(path + "/bin/python", X_OK) == 0 else {
      throw DispatchError("\(path) is no environment for tasks (it has no bin/python): \(advice)")
    }
  }

  private static func path(_ text: String, relativeTo directory: String) -> String {
    if text == "~" || text.hasPrefix("~/"), let home = SystemText.variable("HOME") { return home + text.dropFirst() }
    return text.hasPrefix("/") ? text : directory + "/" + text
  }

  private var isDirectory: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
