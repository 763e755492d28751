import SystemPackage

/// Why files were not brought to their places; nothing was changed then.
public enum StagingError: Error, Equatable, CustomStringConvertible, Sendable {
  /// A sentence for people.
  case refused(String)
  /// The job was told to end.
  case canceled

  public var description: String {
    switch self {
    case .refused(let sentence): sentence
    case .canceled: "the files were not brought: it was told to end"
    }
  }
}

/// Why one file cannot be brought; what it is about is said by whoever knows the directive.
enum Refusal: Error {
  /// The source is not there: the rest of the sentence.
  case missing(String)
  /// A sentence about a path.
  case because(String, code: Errno? = nil)
  case canceled

  init(_ path: FilePath, _ what: String) { self = .because("\(path) \(what)") }
  init(_ path: FilePath, _ code: Errno) { self = .because("\(path): \(code)", code: code) }
}
