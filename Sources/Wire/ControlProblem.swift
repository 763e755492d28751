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
  package static func quoted(_ text: String) -> String { "'\(shortened(text, to: 60))'" }

  /// What was wrong with a value, as a part of a sentence.
  package static func words(for error: any Error) -> String {
    switch error {
    case let error as DecodingError: shortened(words(for: error), to: 200)
    default: "\(error)"
    }
  }

  private static func words(for error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "\(place(context)) has no '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      "\(place(context)) is wrong: \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }

  /// Where a value was: `items[0].description.name`.
  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.reduce(into: "items") { path, key in
      path += key.intValue.map { "[\($0)]" } ?? ".\(shortened(key.stringValue, to: 60))"
    }
  }

  private static func shortened(_ text: String, to limit: Int) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) {
      let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      result.append(isControl ? "\u{fffd}" : scalar)
    }
    return String(result) + (text.unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")
  }
}
