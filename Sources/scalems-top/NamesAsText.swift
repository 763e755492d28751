import Glibc
import Platform

/// Names that this program is given have to be text: what Swift makes of other bytes is the name of another file.
enum NamesAsText {
  /// Variables that name directories which are used here.
  private static let variables = ["HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_DATA_HOME"]

  /// - Throws: `UsageError` that names the first argument that is no text.
  static func checkArguments() throws(UsageError) {
    for number in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[number], let fault = SystemText.fault(argument) else { continue }
      throw UsageError(
        description: "argument \(number) \(fault); rename the file, or give it a link with a name that is UTF-8")
    }
  }

  /// - Throws: `UsageError` when the current directory, or one that a variable names, is no text.
  static func checkPlaces() throws(UsageError) {
    for name in variables {
      guard let value = getenv(name), let fault = SystemText.fault(value) else { continue }
      throw UsageError(description: "the variable \(name) \(fault); set it to a path that is UTF-8, as of a link")
    }
    guard let path = getcwd(nil, 0) else { return }
    defer { free(path) }
    if let fault = SystemText.fault(path) {
      throw UsageError(description: "the path of the directory you are in \(fault); go to another one, or rename it")
    }
  }
}
