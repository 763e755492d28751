/// The files of a task's standard output and error, in its directory.
public struct OutputNames: Equatable, Sendable {
  public var output: String
  public var error: String

  public init(_ description: TaskDescription) {
    output = description.stdout
    error = description.stderr
  }

  /// Both streams go to one file.
  public var areShared: Bool { output == error }
  /// Each file once.
  public var all: [String] { areShared ? [output] : [output, error] }

  /// What the file of an attempt is called once another attempt begins.
  public static func kept(_ name: String, attempt: Int) -> String { "\(name).attempt\(attempt)" }

  /// Names of files that engines write in a task's directory themselves.
  static let reserved = ["stdin", "task.sh", "scalems.stdout", "scalems.stderr", "scalems.started"]
  /// Bytes: a file system takes 255, and the kept files of earlier attempts have longer names.
  static let limit = 240
}
