import Platform

/// The `python3` of this machine.
struct SystemPython: Sendable {
  static let oldest = [3, 8]

  var version: [Int]
  /// Where it is.
  var program: String
  /// Whether it can make virtual environments.
  var hasVenv: Bool

  var words: String { "\(dotted(version)), \(program)" }

  static func find() async -> SystemPython? {
    let script = """
      import sys
      print(*sys.version_info[:3])
      print(sys.executable)
      import venv, ensurepip
      print(1)
      """
    guard let outcome = await ExternalCommand.run("python3", ["-c", script], limit: .seconds(30)) else { return nil }
    let lines = outcome.stdout.split(separator: "\n")
    guard lines.count >= 2 else { return nil }
    let version = lines[0].split(separator: " ").compactMap { Int($0) }
    return SystemPython(version: version, program: String(lines[1]), hasVenv: lines.count == 3)
  }
}

/// Compares versions, number by number.
func >= (a: [Int], b: [Int]) -> Bool { !a.lexicographicallyPrecedes(b) }

/// `[3, 8]` as `3.8`.
func dotted(_ version: [Int]) -> String { version.map(String.init).joined(separator: ".") }
