import Glibc
import Platform
import Work

/// The environment of the user, and what of it RADICAL-Pilot may see.
///
/// RP writes variables into shell scripts without the quoting that they need: a value with a backtick is executed, others
/// come out changed, or nothing starts. So its helper gets those that no shell minds; tasks get all of them, byte for
/// byte, from a file in the session's directory.
public enum UserEnvironment {
  static let fileName = "environment"

  /// What tasks get: entries that end in NUL.
  static let contents: [UInt8] = {
    let environment = ProcessEnvironment(
      without: OuterVariables.names(in:), defaults: RadicalLaunch.permissions)
    return Array(environment.entries.joined(separator: [0])) + [0]
  }()
  static let hash = SHA256.text(of: contents)

  /// By which shells and Python would do otherwise than RP's scripts rely on.
  private static let disturbing: Set<String> = [
    "BASHOPTS", "CDPATH", "GLOBIGNORE", "GREP_OPTIONS", "IFS", "LS_COLORS", "POSIXLY_CORRECT", "PROMPT_COMMAND", "PS1",
    "PS4", "PYTHONHOME", "PYTHONINSPECT", "PYTHONSTARTUP", "SHELLOPTS", "VIRTUAL_ENV_PROMPT",
  ]
  /// Functions of bash that resource configurations call.
  private static let functions: Set<String> = ["module", "ml", "_module_raw"]

  /// The names of variables that RP itself does not see, and tasks do.
  public static var keptFromHelper: [String] {
    ProcessEnvironment(without: OuterVariables.names(in:)).entries.map { entry in
      String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }.filter { !isForHelper($0) }.sorted()
  }

  /// Whether RP's helper gets a variable of this process.
  static func isForHelper(_ name: String) -> Bool {
    guard let value = getenv(name) else { return true }
    return isForHelper(name, UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }

  static func isForHelper(_ name: String, _ value: some Collection<UInt8>) -> Bool {
    if name.hasPrefix("BASH_FUNC_"), name.hasSuffix("%%") {
      return functions.contains(String(name.dropFirst(10).dropLast(2)))
    }
    let isName = name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || isLetterOrDigit($0) }
    guard isName, !(name.utf8.first.map(isDigit) ?? true), !disturbing.contains(name) else { return false }
    let blank = UInt8(ascii: " ")
    let isPlain = value.allSatisfy { $0 >= blank && $0 != 0x7F && !#"'"$`\"#.utf8.contains($0) }
    guard isPlain, String(validating: value, as: UTF8.self) != nil else { return false }
    // A path is used without quotes now and then.
    let isPath = value.first == UInt8(ascii: "/")
    return isPath ? !value.contains(blank) : Array(value.prefix(1)) != [blank] && Array(value.suffix(1)) != [blank]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }

  /// Why RADICAL-Pilot cannot work with this environment and home directory, if it cannot.
  ///
  /// - Parameter home: `HOME` when `nil`.
  public static func problem(venv: String, home: String? = nil) -> String? {
    let home = home ?? homeDirectory()
    if let character = shellCharacter(in: venv) {
      return
        "the virtual environment '\(venv)' cannot be used: RADICAL-Pilot takes no path with \(character); "
        + "'scalems-top setup-radical DIR' makes one elsewhere"
    }
    if let character = shellCharacter(in: home) {
      return
        "RADICAL-Pilot cannot work below the home directory '\(home)': it takes no path with \(character); "
        + "set HOME to another directory for the session"
    }
    return nil
  }

  /// A character of a path that RP's scripts would trip over, in words.
  private static func shellCharacter(in path: String) -> String? {
    for scalar in path.unicodeScalars {
      if scalar == " " { return "a blank" }
      if scalar.value < 0x20 || scalar.value == 0x7F { return "a control character" }
      if #"'"$`\;&|<>()*?[]{}#!:"#.unicodeScalars.contains(scalar) { return "'\(scalar)'" }
    }
    return nil
  }
}
