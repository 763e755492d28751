import JSON

/// Why a request was refused or a connection did not come about: one sentence for people.
public struct ControlProblem: Error, Equatable, CustomStringConvertible, Sendable {
  /// The id of the request, when it is known.
  public var id: Int?
  public var description: String

  public init(id: Int? = nil, _ description: String) {
    self.id = id
    self.description = description
  }

  /// What a peer said, in quotes: short and on one line, for it may be millions of bytes of anything.
  package static func quoted(_ text: String) -> String { "'\(text.shortened(to: 60))'" }
}
