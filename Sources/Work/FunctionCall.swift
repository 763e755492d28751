import JSON

/// What a function returned.
public typealias FunctionValue = JSONText

/// A call of a Python function: what a function task runs instead of a program.
public struct FunctionCall: Equatable, Sendable {
  /// The module to import; one beside the workflow is found.
  public var module: String
  /// The function in it; may be dotted, as `Class.method`.
  public var name: String
  /// Positional arguments.
  public var args: [JSONValue]
  /// Keyword arguments.
  public var kwargs: [String: JSONValue]

  public init(module: String, name: String, args: [JSONValue] = [], kwargs: [String: JSONValue] = [:]) {
    self.module = module
    self.name = name
    self.args = args
    self.kwargs = kwargs
  }

  /// The call for member `member` of an ensemble: an argument that is `{member}` and nothing else becomes the number
  /// itself, elsewhere its digits stand in the text.
  public func substituting(member: Int) -> FunctionCall {
    func fill(_ text: String) -> JSONValue {
      text == "{member}" ? .int(member) : .string(text.replacing(literal: "{member}", with: String(member)))
    }
    var copy = self
    copy.args = args.map { $0.mapStrings(fill) }
    copy.kwargs = kwargs.mapValues { $0.mapStrings(fill) }
    return copy
  }
}

extension FunctionCall: CustomStringConvertible {
  /// `module.name(1, "a", x=2)`. A whole argument `{member}` stands without quotes, as its number will.
  public var description: String {
    let values = args.map(Self.text) + kwargs.sorted { $0.key < $1.key }.map { "\($0)=\(Self.text($1))" }
    return "\(module).\(name)(\(values.joined(separator: ", ")))"
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .string("{member}"): "{member}"
    case .array(let elements): "[\(elements.map(text).joined(separator: ", "))]"
    case .object(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\(JSONValue.string($0).json): \(text($1))" }.joined(separator: ", "))}"
    default: value.json
    }
  }
}
