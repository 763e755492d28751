/// Where a file of a task is: a path of one of its directories, or of the machine.
///
/// Written as a path, or as one after a scheme: `client:///` (the directory of the workflow), `session:///` (the
/// session's directory, shared by its tasks; `pilot:///` is the same, for those who come from RP), `task:///` (the
/// task's own directory). `~/` and `$HOME/` are the user's home directory. Without any of them, a relative path belongs
/// to the side it is written for.
public struct Location: Equatable, Sendable {
  public enum Base: Equatable, Sendable { case client, session, task, home, machine }

  public var base: Base
  /// Below the directory, or absolute for the machine's.
  public var path: String

  public init(_ base: Base, _ path: String) {
    self.base = base
    self.path = path
  }

  private static let schemes: [(name: String, base: Base)] = [
    ("client", .client), ("session", .session), ("task", .task), ("pilot", .session),
  ]

  /// Reads what is written; text with an unknown scheme is a path like any other (`fault` refuses it).
  ///
  /// - Parameter side: what a relative path belongs to.
  public init(_ text: String, relativeTo side: Base) {
    if let (scheme, rest) = Self.split(text), rest.hasPrefix("/"),
      let base = Self.schemes.first(where: { $0.name == scheme })?.base
    {
      self.init(base, String(rest.dropFirst()))
    } else if let rest = Self.belowHome(text) {
      self.init(.home, rest)
    } else {
      self.init(text.hasPrefix("/") ? .machine : side, text)
    }
  }

  /// The path after `~` or `$HOME`; empty for the home directory itself.
  private static func belowHome(_ text: String) -> String? {
    guard let first = text.utf8.first, first == UInt8(ascii: "~") || first == UInt8(ascii: "$") else { return nil }
    for word in ["~", "$HOME", "${HOME}"] where text.hasPrefix(word) {
      let rest = text.dropFirst(word.count)
      if rest.isEmpty || rest.hasPrefix("/") { return String(rest.drop { $0 == "/" }) }
    }
    return nil
  }

  private static func split(_ text: String) -> (scheme: Substring, rest: Substring)? {
    guard text.utf8.contains(UInt8(ascii: ":")), let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://")
    else { return nil }
    return (text[..<colon], text[colon...].dropFirst(3))
  }

  /// What is wrong with a text that is to name a location, as the end of a sentence about it; `nil` when nothing is.
  public static func fault(in text: String, relativeTo side: Base) -> String? {
    let isOdd = text.utf8.contains { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }
    if isOdd, [" > ", " < ", " >> ", " << "].contains(where: text.contains) {
      return "is a path; for another name write {source: PATH, target: PATH}"
    }
    if let (scheme, rest) = split(text) {
      guard schemes.contains(where: { $0.name == scheme }) else {
        return "has an unknown scheme '\(shortened(String(scheme)))://'"
          + suggestion(for: String(scheme), among: schemes.map(\.name))
          + ": there are client:///, session:/// and task:///"
      }
      guard rest.hasPrefix("/") else { return "needs three slashes: \(scheme):///\(rest)" }
    }
    if text.utf8.first == UInt8(ascii: "~"), belowHome(text) == nil {
      return
        "begins with '~': of home directories only one's own is known (~/FILE); a file of that name is './\(shortened(text))'"
    }
    let location = Location(text, relativeTo: side)
    let isConfined = location.base == .session || location.base == .task
    if isConfined, parts(location.path[...]).contains(where: { $0.elementsEqual("..".utf8) }) {
      return "must not leave its directory with '..', found '\(shortened(text))'"
    }
    return nil
  }

  /// The last part of the path, which a staged file keeps when nothing else is said; `nil` when it names no file.
  public static func fileName(of text: String) -> String? {
    guard belowHome(text)?.isEmpty != true,
      let last = parts(split(text)?.rest ?? text[...]).last.map({ String(Substring($0)) })
    else { return nil }
    return last == "." || last == ".." ? nil : last
  }

  /// By bytes, which is what a file system looks at.
  private static func parts(_ path: Substring) -> [Substring.UTF8View.SubSequence] {
    path.utf8.split(separator: UInt8(ascii: "/"))
  }
}

/// The directories that locations of a task are in.
public struct Locations: Sendable {
  /// What relative paths of the workflow refer to.
  public var client: String
  public var session: String
  public var task: String
  /// The user's home directory.
  public var home: String

  public init(client: String, session: String, task: String, home: String) {
    self.client = client
    self.session = session
    self.task = task
    self.home = home
  }

  public func path(of location: Location) -> String {
    switch location.base {
    case .client: client + "/" + location.path
    case .session: session + "/" + location.path
    case .task: task + "/" + location.path
    case .home: home + "/" + location.path
    case .machine: location.path
    }
  }
}

extension StagingDirective {
  /// Which way a directive brings its file.
  public enum Direction: String, Sendable {
    case input, output
    /// What relative sources belong to.
    public var sourceSide: Location.Base { self == .input ? .client : .task }
    /// What relative targets belong to.
    public var targetSide: Location.Base { self == .input ? .task : .client }
  }

  public func source(_ direction: Direction) -> Location { Location(source, relativeTo: direction.sourceSide) }
  public func target(_ direction: Direction) -> Location { Location(target, relativeTo: direction.targetSide) }
}
