/// What is wrong with a member of an object, and where it stands: `items[0].description.stdout`.
public struct JSONError: Error, Equatable, CustomStringConvertible, Sendable {
  public enum Step: Equatable, Sendable {
    case member(String)
    case element(Int)
  }

  /// From the outermost object to the member.
  public var path: [Step]
  /// The end of a sentence that begins with the path.
  public var words: String

  public init(_ path: [Step], _ words: String) {
    self.path = path
    self.words = words
  }

  /// The error as it looks from one step further out.
  @usableFromInline init(_ error: any Error, in step: Step) {
    if let problem = error as? JSONError {
      self.init([step] + problem.path, problem.words)
    } else {
      self.init([step], "is wrong: \(error)")
    }
  }

  @usableFromInline static func missing(_ name: String, in path: [Step] = []) -> JSONError {
    JSONError(path, "has no '\(name)'")
  }

  public var description: String {
    let place = path.reduce(into: "") { text, step in
      switch step {
      case .member(let name): text += (text.isEmpty ? "" : ".") + name.shortened(to: 60)
      case .element(let index): text += "[\(index)]"
      }
    }
    return "\(place.isEmpty ? "it" : place) \(words.shortened(to: 200))"
  }
}

extension String {
  /// At most `limit` characters of the text: a peer's words may be millions of anything.
  @usableFromInline package func shortened(to limit: Int) -> String {
    unicodeScalars.dropFirst(limit).isEmpty ? self : String(unicodeScalars.prefix(limit)) + "…"
  }
}
