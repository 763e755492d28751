import Glibc

/// Where things of this user are: a directory of links, each named by an id and showing a directory.
///
/// Nothing depends on it but finding them by their ids, so that a failure to write is to be logged, no more.
public struct LinkDirectory: Sendable {
  public let directory: String

  /// Why an entry could not be made or removed; one sentence for people.
  public struct LinkError: Error, CustomStringConvertible, Sendable {
    public var description: String
  }

  public struct Entry: Hashable, Sendable {
    public var id: String
    /// What it shows, which may be gone.
    public var directory: String
  }

  public init(directory: String) { self.directory = directory }

  /// One of the program's own, in the place for what programs keep for a user.
  public init(named name: String) {
    self.init(directory: userDirectory("XDG_STATE_HOME", below: ".local/state") + "/scalems-top/" + name)
  }

  /// Enters a directory unless another one has its id, also one that another machine with the same home directory made in
  /// the same second.
  ///
  /// - Parameter path: its absolute path.
  /// - Returns: false when the id is taken.
  /// - Throws: `LinkError` when it cannot be entered.
  public func claim(_ id: String, directory path: String) throws(LinkError) -> Bool {
    let link = try link(of: id)
    try make()
    guard symlink(path, link) != 0 else { return true }
    guard errno == EEXIST else { throw LinkError(description: "\(link) cannot be made: \(errorText())") }
    return linkTarget(link) == path
  }

  /// Enters a directory; an entry of the same id is replaced.
  ///
  /// - Parameter path: its absolute path.
  /// - Throws: `LinkError` when it cannot be entered.
  public func add(_ id: String, directory path: String) throws(LinkError) {
    let link = try link(of: id)
    try make()
    let new = "\(directory)/.\(id).\(getpid())"
    unlink(new)
    guard symlink(path, new) == 0, rename(new, link) == 0 else {
      let text = errorText()
      unlink(new)
      throw LinkError(description: "\(link) cannot be made: \(text)")
    }
  }

  private func make() throws(LinkError) {
    for end in directory.indices where directory[end] == "/" && end != directory.startIndex {
      mkdir(String(directory[..<end]), 0o700)
    }
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw LinkError(description: "\(directory) cannot be made: \(errorText())")
    }
  }

  /// Removes an entry, if there is one.
  ///
  /// - Throws: `LinkError` when it cannot be removed.
  public func remove(_ id: String) throws(LinkError) {
    let link = try link(of: id)
    guard unlink(link) == 0 || errno == ENOENT else {
      throw LinkError(description: "\(link) cannot be removed: \(errorText())")
    }
  }

  /// Removes the entries made so long ago whose directories are not there any more. Younger ones may be on a file system that
  /// this machine does not see at the moment.
  public func prune(olderThan days: Int = 30) {
    let limit = time(nil) - days * 86400
    for entry in all() where access(entry.directory, F_OK) != 0 && errno == ENOENT {
      var status = stat()
      if lstat("\(directory)/\(entry.id)", &status) == 0, status.st_mtim.tv_sec < limit { try? remove(entry.id) }
    }
  }

  /// All entries, in the order of their ids.
  public func all() -> [Entry] {
    let entries = directoryEntries(directory).compactMap { name -> Entry? in
      guard !name.hasPrefix("."), let target = linkTarget("\(directory)/\(name)") else { return nil }
      return Entry(id: name, directory: target)
    }
    return entries.sorted { $0.id < $1.id }
  }

  private func link(of id: String) throws(LinkError) -> String {
    guard !id.isEmpty, !id.hasPrefix("."), !id.utf8.contains(UInt8(ascii: "/")) else {
      throw LinkError(description: "'\(id)' is no id of a session")
    }
    return "\(directory)/\(id)"
  }
}
