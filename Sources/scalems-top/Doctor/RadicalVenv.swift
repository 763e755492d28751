import Glibc
import Leftovers
import Platform

/// A Python virtual environment with RADICAL-Pilot.
struct RadicalVenv: Sendable {
  /// What `setup-radical` installs.
  static let pinned = "1.103.2"
  /// Tested with: versions that start so.
  static let tested = [1, 103]
  /// The oldest RADICAL-Pilot that works this way at all.
  static let oldest = [1, 90]

  /// Where `setup-radical` makes it unless told otherwise.
  static var defaultPath: String { userDirectory("XDG_DATA_HOME", below: ".local/share") + "/scalems-top/radical" }

  var path: String

  var python: String { "\(path)/bin/python" }
  var activate: String { "\(path)/bin/activate" }
  var bridge: String { "\(path)/bin/radical-pilot-bridge" }

  /// Whether there is anything at the path.
  var exists: Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Why it cannot be one, before anything of it is run; `nil` when nothing is known against it.
  var problem: String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return "'\(path)' cannot be used: \(errorText())" }
    guard status.st_mode & S_IFMT == S_IFDIR else { return "'\(path)' is no directory" }
    guard access(python, X_OK) == 0 else {
      let why = errno == ENOENT ? "it has no bin/python" : "\(python) cannot be run (\(errorText()))"
      return "'\(path)' is no virtual environment: \(why)"
    }
    return nil
  }

  /// The program the first line of a script names; `nil` when it names none, or does so through another.
  func interpreter(of script: String) -> String? {
    guard let bytes = try? readFile(script), bytes.starts(with: Array("#!/".utf8)) else { return nil }
    let line = bytes.dropFirst(2).prefix { $0 != 0x0a && $0 != 0x20 }
    return String(decoding: line, as: UTF8.self)
  }
}
