import Glibc
import Processes

/// Where this user's sessions are that run, or died: a directory of links, each named like its session.
///
/// Nothing depends on it but finding what dead sessions left, so that a failure to write is to be logged, no more.
public struct SessionRegistry: Sendable {
  public let directory: String

  /// Why an entry could not be made or removed; one sentence for people.
  public struct Problem: Error, CustomStringConvertible, Sendable {
    public var description: String
  }

  public struct Entry: Hashable, Sendable {
    public var id: String
    /// The directory of the session, which may be gone.
    public var directory: String
  }

  /// - Parameter directory: `$XDG_STATE_HOME/scalems-top/sessions` when `nil`.
  public init(directory: String? = nil) {
    self.directory = directory ?? userDirectory("XDG_STATE_HOME", below: ".local/state") + "/scalems-top/sessions"
  }

  /// Enters a session; an entry of the same id is replaced.
  ///
  /// - Parameter path: the absolute path of its directory.
  /// - Throws: `Problem` when it cannot be entered.
  public func add(_ id: String, directory path: String) throws(Problem) {
    let link = try link(of: id)
    for end in directory.indices where directory[end] == "/" && end != directory.startIndex {
      mkdir(String(directory[..<end]), 0o700)
    }
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw Problem(description: "\(directory) cannot be made: \(errorText())")
    }
    let new = "\(directory)/.\(id).\(getpid())"
    unlink(new)
    guard symlink(path, new) == 0, rename(new, link) == 0 else {
      let text = errorText()
      unlink(new)
      throw Problem(description: "\(link) cannot be made: \(text)")
    }
  }

  /// Removes a session; that there is none is no problem.
  ///
  /// - Throws: `Problem` when it cannot be removed.
  public func remove(_ id: String) throws(Problem) {
    let link = try link(of: id)
    guard unlink(link) == 0 || errno == ENOENT else {
      throw Problem(description: "\(link) cannot be removed: \(errorText())")
    }
  }

  /// All entries, in the order of their ids.
  public func all() -> [Entry] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let item = readdir(stream) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix("."), let target = linkTarget("\(directory)/\(name)") else { continue }
      entries.append(Entry(id: name, directory: target))
    }
    return entries.sorted { $0.id < $1.id }
  }

  private func link(of id: String) throws(Problem) -> String {
    guard !id.isEmpty, !id.hasPrefix("."), !id.utf8.contains(UInt8(ascii: "/")) else {
      throw Problem(description: "'\(id)' is no id of a session")
    }
    return "\(directory)/\(id)"
  }
}
