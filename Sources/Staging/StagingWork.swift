import Glibc
import Platform
import SystemPackage

/// Carries out what the first pass found: copies under names of their own, then their names.
struct StagingWork {
  let job: StagingJob
  let tag: String
  let isSynced: Bool
  let brought: BroughtFiles?
  private var made: [FilePath] = []
  private var temporary: Set<FilePath> = []
  private var touched: Set<FilePath> = []

  /// - Parameter brought: where it is noted who brought what, if that is wanted.
  init(job: StagingJob, tag: String, isSynced: Bool, brought: BroughtFiles?) {
    self.job = job
    self.tag = tag
    self.isSynced = isSynced
    self.brought = brought
  }

  private var copier: FileCopy { FileCopy(job: job, isSynced: isSynced) }

  /// What a file is called until it has its name.
  private func beside(_ target: FilePath) -> FilePath {
    var name = target.lastComponent?.bytes ?? []
    let most = 250 - ".stage.".utf8.count - tag.utf8.count
    if name.count > most {
      let hash = name.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      name = name.prefix(max(0, most - 17)) + Array("~\(String(hash, radix: 16))".utf8)
    }
    let bytes = [UInt8(ascii: ".")] + name + Array(".stage.\(tag)".utf8)
    return bytes.map(CChar.init(bitPattern:)).withUnsafeBufferPointer { bytes in
      target.parent.appending(FilePath.Component(platformString: Array(bytes) + [0]) ?? ".stage")
    }
  }

  // MARK: Second pass

  mutating func prepare(_ operation: Operation) throws(Refusal) {
    try job.check()
    switch operation {
    case .makeDirectory(let path):
      if path.withPlatformString({ mkdir($0, 0o777) }) == 0 {
        made.append(path)
      } else if errno != EEXIST {
        throw Refusal(path, Errno.last)
      }
    case .rename: break
    case .copy, .copyLink, .copyTree, .link: try copy(operation)
    }
  }

  private mutating func copy(_ operation: Operation) throws(Refusal) {
    guard let target = operation.target else { return }
    let new = beside(target)
    Self.removeOwn(new)
    temporary.insert(new)
    switch operation {
    case .copy(let source, _, let follows): try copier.file(source, to: new, follows: follows)
    case .copyLink(let source, _): try copier.link(source, to: new)
    case .copyTree(let source, _): try copier.tree(source, to: new)
    case .link(let source, _):
      let made = source.withPlatformString { source in new.withPlatformString { symlink(source, $0) } }
      guard made == 0 else { throw Refusal(new, Errno.last) }
    case .makeDirectory, .rename: break
    }
  }

  // MARK: Third pass

  /// - Parameter isExact: whether the workflow names the file, and no pattern or directory that it is in.
  mutating func commit(_ operation: Operation, isExact: Bool) throws(Refusal) {
    guard let target = operation.target else { return }
    touched.insert(target.parent)
    guard case .rename(let source, _) = operation else {
      let new = beside(target)
      try give(new, target, isExact: isExact)
      temporary.remove(new)
      return
    }
    do { try give(source, target, isExact: isExact) } catch {
      guard case .because(_, code: .improperLink) = error, let facts = try FileFacts.ofName(source) else { throw error }
      // Of one file system, and yet not: a mount of a part of it, or layers.
      let copy =
        facts.kind == .directory ? Operation.copyTree(source, to: target) : .copy(source, to: target, follows: false)
      try self.copy(copy)
      try commit(copy, isExact: isExact)
      Self.removeOwn(source)
    }
  }

  /// Gives a file its name; what has come to be there since it was looked at is looked at again.
  private mutating func give(_ source: FilePath, _ target: FilePath, isExact: Bool = false) throws(Refusal) {
    guard let facts = try FileFacts.ofName(source) else { throw Refusal(source, Errno.noSuchFileOrDirectory) }
    brought?.lock()
    defer { brought?.unlock() }
    let there = try FileFacts.ofName(target)
    if let there {
      if facts.kind == .directory {
        brought?.unlock()
        return try merge(source, target)
      }
      guard there.kind == facts.kind else { throw Refusal(target, "has become something else meanwhile") }
    }
    let code = source.withPlatformString { source in
      target.withPlatformString { rename(source, $0) == 0 ? 0 : errno }
    }
    switch code {
    case 0: return brought?.note(facts, at: target, replaced: there, isExact: isExact) ?? ()
    case EEXIST, ENOTEMPTY, ENOTDIR:
      // Another task made it in this moment.
      if facts.kind == .directory, try FileFacts.behind(target)?.kind == .directory {
        brought?.unlock()
        return try merge(source, target)
      }
    default: break
    }
    throw Refusal(target, Errno(rawValue: code))
  }

  private mutating func merge(_ source: FilePath, _ target: FilePath) throws(Refusal) {
    guard try FileFacts.behind(target)?.kind == .directory else {
      throw Refusal(target, "has become something else meanwhile")
    }
    for name in try FileFacts.entries(of: source) { try give(source.appending(name), target.appending(name)) }
    touched.insert(target)
    _ = source.withPlatformString { rmdir($0) }
  }

  // MARK: End

  /// Removes what has not got its name, and the directories that were made for it.
  mutating func undo() {
    for path in temporary { Self.removeOwn(path) }
    // One that has got something else meanwhile stays.
    for path in made.reversed() { _ = path.withPlatformString { rmdir($0) } }
  }

  /// The names are on the disk, too.
  func finish() {
    guard isSynced else { return }
    for path in touched {
      if let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY) { fsync(directory.number) }
    }
  }

  /// Removes what was made under a name of ours.
  private static func removeOwn(_ path: FilePath) {
    guard let facts = try? FileFacts.ofName(path) else { return }
    guard facts.kind == .directory else {
      _ = path.withPlatformString { unlink($0) }
      return
    }
    _ = path.withPlatformString { chmod($0, 0o700) }
    for name in (try? FileFacts.entries(of: path)) ?? [] { removeOwn(path.appending(name)) }
    _ = path.withPlatformString { rmdir($0) }
  }
}
