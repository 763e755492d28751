import JSON

/// `Documentation/Formats.md` as tests see it: below each heading, the names in the first columns of the tables.
public struct DocumentedFormats {
  public let text: String
  private var sections: [String: Set<String>] = [:]
  /// The headings of three signs below each heading of two.
  private var parts: [String: [String]] = [:]

  public init() throws {
    guard let text = contents("\(packageRoot)/Documentation/Formats.md") else {
      throw TestError("there is no Documentation/Formats.md")
    }
    self.text = text
    var chapter = ""
    var heading = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("## ") {
        chapter = String(line.dropFirst(3))
        heading = chapter
        sections[heading] = []
      } else if line.hasPrefix("### ") {
        heading = String(line.dropFirst(4))
        sections[heading] = []
        parts[chapter, default: []].append(heading)
      } else if line.hasPrefix("| ") {
        sections[heading]?.formUnion(Self.names(in: line.dropFirst(2).prefix { $0 != "|" }))
      }
    }
  }

  /// The members that a section names.
  public func members(of heading: String) throws -> Set<String> {
    guard let members = sections[heading] else { throw TestError("Formats.md has no section '\(heading)'") }
    return members
  }

  /// The names of the sections of a chapter that are a name themselves: "### `task`".
  public func names(in chapter: String) -> Set<String> {
    Set((parts[chapter] ?? []).filter { $0.hasPrefix("`") }.flatMap { Self.names(in: $0[...]) })
  }

  /// What stands between backquotes.
  private static func names(in text: Substring) -> Set<String> {
    let pieces = text.split(separator: "`", omittingEmptySubsequences: false)
    return Set(pieces.indices.filter { $0 % 2 == 1 }.map { String(pieces[$0]) })
  }
}

/// The members of a JSON object that stands on one line.
public func jsonMembers(_ line: some Sequence<UInt8>) throws -> [String: JSONValue] {
  let text = String(decoding: line.filter { $0 != 0x0a }, as: UTF8.self)
  guard case .object(let members) = try JSONValue(json: text) else { throw TestError("this is no object: \(text)") }
  return members
}

/// The names of the members of a JSON object that stands on one line.
public func memberNames(_ line: some Sequence<UInt8>) throws -> Set<String> { Set(try jsonMembers(line).keys) }
