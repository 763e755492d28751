import Glibc
import SystemPackage
import Work

/// Looks at everything that a step is about, finds what has to be done, or why it cannot be; changes nothing.
struct FirstPass {
  let job: StagingJob
  private var action: StagingDirective.Action
  /// Whether the source of a move stays until the task has come to a good end.
  let isLater: Bool
  var operations: [Operation] = []
  var removals: [StagingRemoval] = []
  /// Directories that were found to be writable.
  private var writable: Set<FilePath> = []

  init(job: StagingJob, action: StagingDirective.Action, isLater: Bool) {
    self.job = job
    self.action = action
    self.isLater = isLater
  }

  /// - Parameters:
  ///   - isDirectory: whether the source is written as one, with a `/` at its end.
  ///   - into: whether the target is, too, and so gets the file.
  /// - Returns: where the source comes to.
  mutating func run(_ source: FilePath, isDirectory: Bool, target: FilePath, into: Bool) throws(Refusal) -> FilePath {
    guard let what = try FileFacts.behind(source) else { throw try missing(source) }
    if isDirectory, what.kind != .directory { throw Refusal(source, "is not a directory") }
    guard what.kind == .file || what.kind == .directory else {
      throw Refusal(source, "is neither a file nor a directory")
    }
    let place = into ? try name(in: target, of: source) : target
    guard let origin = try FileFacts.ofName(source) else { throw try missing(source) }
    if try isSameName(source, place) { return place }
    let there = try FileFacts.ofName(place)
    let behind = try FileFacts.behind(place)
    if let there, behind?.identity == what.identity {
      if action == .move { try dropSecondName(source, origin, place, there, what) }
      return place
    }
    if action != .link, what.kind == .directory, try isInside(place, what) {
      throw Refusal(place, "is inside \(source)")
    }
    let isMovedLink = action == .move && origin.kind == .link
    if action == .move { try checkRemovable(source, origin) }
    // What a link stands for stays where it is; the link goes.
    if isMovedLink { action = .copy }
    if action == .link {
      if let there, there.kind != .link { throw Refusal(place, "is in the way of a link") }
      try prepareParent(of: place)
      if let there { try checkReplaceable(place, there) }
      operations.append(.link(to: source, at: place))
      return place
    }
    if there == nil { try prepareParent(of: place) }
    try bring(source, what, to: place, isNamedByLink: origin.kind == .link)
    if isMovedLink { removals = [StagingRemoval(path: source, facts: origin)] }
    return place
  }

  private func missing(_ source: FilePath) throws(Refusal) -> Refusal {
    if try FileFacts.ofName(source) != nil { return Refusal(source, "is a link to what does not exist") }
    return .missing("does not exist (looked for \(source))")
  }

  private func name(in target: FilePath, of source: FilePath) throws(Refusal) -> FilePath {
    if try FileFacts.behind(target)?.kind != .directory, try FileFacts.ofName(target) != nil {
      throw Refusal(target, "is not a directory")
    }
    guard let name = source.lastComponent, name.kind == .regular else {
      throw Refusal(source, "has no name of its own: give it one in the target")
    }
    return target.appending(name)
  }

  // MARK: One file, two names

  private func isSameName(_ source: FilePath, _ place: FilePath) throws(Refusal) -> Bool {
    guard let name = source.lastComponent, name.kind == .regular, place.lastComponent == name,
      let first = try FileFacts.behind(source.parent), let second = try FileFacts.behind(place.parent)
    else { return false }
    return first.identity == second.identity
  }

  private mutating func dropSecondName(
    _ source: FilePath, _ origin: FileFacts, _ place: FilePath, _ there: FileFacts, _ what: FileFacts
  ) throws(Refusal) {
    // A link and what it stands for: the file is where it is to be, as of a checkpoint that was updated in place.
    guard origin.kind != .link, there.kind != .link else { return }
    guard what.kind == .file else {
      throw .because("\(source) and \(place) are one file")
    }
    try checkRemovable(source, origin)
    removals.append(StagingRemoval(path: source, facts: origin))
  }

  /// Whether a place is below a directory, by whatever way.
  private func isInside(_ place: FilePath, _ directory: FileFacts) throws(Refusal) -> Bool {
    var path = place.parent
    while try FileFacts.behind(path) == nil, path.lastComponent != nil { path = path.parent }
    guard var facts = try FileFacts.behind(path) else { return false }
    while true {
      if facts.identity == directory.identity { return true }
      path.append("..")
      guard let next = try FileFacts.behind(path), next.identity != facts.identity else { return false }
      facts = next
    }
  }

  // MARK: Permissions

  private mutating func prepareParent(of place: FilePath) throws(Refusal) {
    var missing: [FilePath] = []
    var path = place.parent
    while true {
      if let facts = try FileFacts.behind(path) {
        guard facts.kind == .directory else { throw Refusal(path, "is not a directory") }
        break
      }
      if try FileFacts.ofName(path) != nil { throw Refusal(path, "is a link to what does not exist") }
      missing.append(path)
      guard path.lastComponent != nil, path.parent != path else { throw Refusal(path, Errno.noSuchFileOrDirectory) }
      path = path.parent
    }
    try checkWritable(path)
    operations += missing.reversed().map(Operation.makeDirectory)
  }

  private mutating func checkWritable(_ directory: FilePath) throws(Refusal) {
    guard !writable.contains(directory) else { return }
    guard FileFacts.allows(directory, W_OK | X_OK) else {
      throw Refusal(directory, "cannot be written to: \(Errno.last)")
    }
    writable.insert(directory)
  }

  /// In a directory with the sticky bit only owners remove and replace.
  private func isStuck(_ path: FilePath, _ facts: FileFacts) throws(Refusal) -> Bool {
    guard let parent = try FileFacts.behind(path.parent), parent.mode & mode_t(S_ISVTX) != 0 else { return false }
    let user = geteuid()
    return user != 0 && parent.owner != user && facts.owner != user
  }

  private func checkRemovable(_ source: FilePath, _ facts: FileFacts) throws(Refusal) {
    guard let name = source.lastComponent, name.kind == .regular else { throw Refusal(source, "cannot be moved") }
    guard FileFacts.allows(source.parent, W_OK | X_OK), try !isStuck(source, facts) else {
      throw Refusal(source, "cannot be removed from where it is")
    }
  }

  private mutating func checkReplaceable(_ place: FilePath, _ facts: FileFacts) throws(Refusal) {
    try checkWritable(place.parent)
    if try isStuck(place, facts) { throw Refusal(place, "belongs to another user and cannot be replaced") }
  }

  // MARK: Files and directories

  private mutating func bring(
    _ source: FilePath, _ facts: FileFacts, to place: FilePath, isNamedByLink: Bool = false
  ) throws(Refusal) {
    try job.check()
    let there = try FileFacts.ofName(place)
    switch facts.kind {
    case .other: throw Refusal(source, "is neither a file nor a directory nor a link")
    case .link:
      if let there {
        guard there.kind == .link else { throw Refusal(place, "is in the way of a link") }
        try checkReplaceable(place, there)
      } else {
        try checkParentIfThere(place)
      }
      add(.copyLink(source, to: place), source, facts, renames: false)
    case .file: try bringFile(source, facts, to: place, there, isNamedByLink)
    case .directory: try bringDirectory(source, facts, to: place, there)
    }
  }

  private mutating func bringFile(
    _ source: FilePath, _ facts: FileFacts, to place: FilePath, _ there: FileFacts?, _ isNamedByLink: Bool
  ) throws(Refusal) {
    guard FileFacts.allows(source, R_OK) else { throw Refusal(source, "cannot be read: \(Errno.last)") }
    if let there {
      switch there.kind {
      case .file where there.identity == facts.identity:
        if action == .move { removals.append(StagingRemoval(path: source, facts: facts)) }
        return
      case .file: try checkReplaceable(place, there)
      case .directory: throw Refusal(place, "is a directory: '\(place.lastComponent?.string ?? "")/' puts it inside")
      case .link: throw Refusal(place, "is a link: name the file that it points to")
      case .other: throw Refusal(place, "is no regular file")
      }
    } else {
      try checkParentIfThere(place)
    }
    let renames = try isOnDevice(of: facts, place)
    add(
      renames ? .rename(source, to: place) : .copy(source, to: place, follows: isNamedByLink), source, facts,
      renames: renames)
  }

  private mutating func bringDirectory(
    _ source: FilePath, _ facts: FileFacts, to place: FilePath, _ there: FileFacts?
  ) throws(Refusal) {
    guard FileFacts.allows(source, R_OK | X_OK) else { throw Refusal(source, "cannot be read: \(Errno.last)") }
    if action == .move, !FileFacts.allows(source, W_OK) { throw Refusal(source, "cannot be emptied: \(Errno.last)") }
    guard let there else {
      try checkParentIfThere(place)
      let renames = try isOnDevice(of: facts, place)
      // All of it has to be fit for its journey, also when it goes by one rename.
      let count = removals.count
      try checkTree(source, facts, isEmptied: action == .move && !renames)
      operations.append(renames ? .rename(source, to: place) : .copyTree(source, to: place))
      if renames { removals.removeSubrange(count...) }
      return
    }
    guard let behind = try FileFacts.behind(place), behind.kind == .directory else {
      let what = there.kind == .link ? "is a link to what is no directory" : "is not a directory"
      throw Refusal(place, what)
    }
    guard behind.identity != facts.identity else { return }
    for name in try FileFacts.entries(of: source) {
      let path = source.appending(name)
      guard let facts = try FileFacts.ofName(path) else { continue }
      try bring(path, facts, to: place.appending(name))
    }
    if action == .move { removals.append(StagingRemoval(path: source, facts: facts)) }
  }

  /// Whether all of a directory can be read; what is to be removed after a move that makes a copy.
  private mutating func checkTree(_ source: FilePath, _ facts: FileFacts, isEmptied: Bool) throws(Refusal) {
    if isEmptied, !FileFacts.allows(source, W_OK) { throw Refusal(source, "cannot be emptied: \(Errno.last)") }
    for name in try FileFacts.entries(of: source) {
      try job.check()
      let path = source.appending(name)
      guard let facts = try FileFacts.ofName(path) else { continue }
      switch facts.kind {
      case .other: throw Refusal(path, "is neither a file nor a directory nor a link")
      case .link: break
      case .file:
        guard FileFacts.allows(path, R_OK) else { throw Refusal(path, "cannot be read: \(Errno.last)") }
      case .directory:
        guard FileFacts.allows(path, R_OK | X_OK) else { throw Refusal(path, "cannot be read: \(Errno.last)") }
        try checkTree(path, facts, isEmptied: isEmptied)
        continue
      }
      if action == .move { removals.append(StagingRemoval(path: path, facts: facts)) }
    }
    if action == .move { removals.append(StagingRemoval(path: source, facts: facts)) }
  }

  private mutating func checkParentIfThere(_ place: FilePath) throws(Refusal) {
    if try FileFacts.behind(place.parent) != nil { try checkWritable(place.parent) }
  }

  /// Whether a move is a change of names.
  private func isOnDevice(of facts: FileFacts, _ place: FilePath) throws(Refusal) -> Bool {
    guard action == .move, !isLater else { return false }
    var path = place.parent
    while path.lastComponent != nil {
      if let directory = try FileFacts.behind(path) { return directory.identity.device == facts.identity.device }
      path = path.parent
    }
    return try FileFacts.behind(path)?.identity.device == facts.identity.device
  }

  private mutating func add(_ operation: Operation, _ source: FilePath, _ facts: FileFacts, renames: Bool) {
    operations.append(operation)
    if action == .move, !renames { removals.append(StagingRemoval(path: source, facts: facts)) }
  }
}
