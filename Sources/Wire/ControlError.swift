import JSON

/// Why a request was refused or a connection did not come about.
public struct ControlError: Error, Equatable, CustomStringConvertible, Sendable {
  /// What a program can act on; the words of the wire.
  public enum Code: String, CaseIterable, Sendable {
    /// Not a request, or one with a member that is missing or wrong.
    case invalidRequest = "invalid_request"
    /// A request or a command that this host does not have.
    case unknownRequest = "unknown_request"
    /// The host speaks another version of the protocol.
    case unsupportedVersion = "unsupported_version"
    /// The request makes no sense now, as a second `hello`.
    case outOfOrder = "out_of_order"
    /// The connection said that it sends no commands.
    case readOnly = "read_only"
    /// Longer than a request may be.
    case tooLarge = "too_large"
    /// More at a time than the host takes: try again later.
    case busy
    /// There is no connection to the host.
    case unreachable
  }

  /// The id of the request, when it is known.
  public var id: Int?
  public var code: Code
  /// One sentence for people.
  public var description: String

  public init(id: Int? = nil, _ code: Code, _ description: String) {
    self.id = id
    self.code = code
    self.description = description
  }

  /// An `invalidRequest`.
  public init(id: Int? = nil, _ description: String) { self.init(id: id, .invalidRequest, description) }

  /// What a peer said, in quotes: short and on one line, for it may be millions of bytes of anything.
  package static func quoted(_ text: String) -> String { "'\(text.shortened(to: 60))'" }
}
