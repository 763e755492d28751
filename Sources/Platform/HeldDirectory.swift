import Glibc
import Synchronization
import SystemPackage

/// A directory of this user's that is held open. What is made in it, or opened there, is found from the open directory
/// and not by its path: whoever may rename or replace the directories above it has no say in where that is.
public final class HeldDirectory: Sendable {
  /// What stands at the path of a directory that is held.
  public enum Place: Equatable, Sendable {
    /// The directory that is held.
    case itself
    /// Nothing: somebody moved the directory away.
    case movedAway
    /// Nothing, and the directory that is held has no name any more.
    case removed
    /// Something else, and the user whose it is.
    case replaced(owner: uid_t)
    /// That cannot be told now.
    case unknown(Errno)
  }

  /// Which directory it is, whatever its name.
  public struct Identity: Hashable, Sendable, CustomStringConvertible {
    private var device: dev_t
    private var inode: ino_t

    init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }

    /// For another process of this machine to compare.
    public var description: String { "\(device):\(inode)" }
  }

  private final class Opened: Sendable {
    let descriptor: Descriptor
    let identity: Identity

    init(_ descriptor: consuming Descriptor, _ identity: Identity) {
      self.descriptor = descriptor
      self.identity = identity
    }

    /// Whether it was removed: it has no name, or its file server knows it no more.
    var isRemoved: Bool {
      var status = stat()
      return fstat(descriptor.number, &status) == 0 ? status.st_nlink == 0 : errno == ESTALE
    }
  }

  /// Whose directory it has to be.
  public enum Owner: Sendable {
    /// This process's user.
    case me
    /// Also any other when this process is root's.
    case meOrAnyForRoot
  }

  public let path: String
  private let owner: Owner
  private let opened: Mutex<Opened>
  private let observers = Mutex<[@Sendable () -> Void]>([])

  /// Holds a directory that is there; links in its path are followed.
  ///
  /// - Throws: `FileError` when it cannot be opened, is no directory, or belongs to another user.
  public convenience init(_ path: String, owner: Owner = .me) throws(FileError) {
    try self.init(path, at: AT_FDCWD, path, 0, owner)
  }

  private init(
    _ path: String, at directory: Int32, _ name: String, _ flags: Int32, _ owner: Owner
  ) throws(FileError) {
    self.path = path
    self.owner = owner
    opened = Mutex(try Self.open(path, at: directory, name, flags, owner))
  }

  private static func open(
    _ path: String, at directory: Int32, _ name: String, _ flags: Int32, _ owner: Owner
  ) throws(FileError) -> Opened {
    let opened: Opened
    var status = stat()
    do throws(Errno) {
      let descriptor = try Descriptor.open(name, in: directory, flags | O_RDONLY | O_DIRECTORY)
      guard fstat(descriptor.number, &status) == 0 else { throw Errno.last }
      opened = Opened(descriptor, Identity(status))
    } catch { throw FileError("\(path) cannot be used", error) }
    let isTheirs = status.st_uid != geteuid()
    guard !isTheirs || owner == .meOrAnyForRoot && geteuid() == 0 else {
      throw FileError(description: "\(path) cannot be used: it belongs to \(userName(of: status.st_uid))")
    }
    return opened
  }

  private var current: Opened { opened.withLock { $0 } }

  public var identity: Identity { current.identity }

  /// Its path as this process alone sees it, which leads to the directory that is held wherever that is now.
  public var heldPath: String { "/proc/self/fd/\(current.descriptor.number)" }

  /// The number of its descriptor, for a process to start in it.
  public var number: Int32 { current.descriptor.number }

  /// Who may look into it or change it, besides its owner.
  public var mode: mode_t {
    var status = stat()
    return fstat(number, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  // MARK: Its place

  /// What stands at its path now.
  public var place: Place {
    let held = current
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = Errno.last
      guard code == .noSuchFileOrDirectory || code == .notDirectory else {
        return code == .staleNFSFileHandle && held.isRemoved ? .removed : .unknown(code)
      }
      return held.isRemoved ? .removed : .movedAway
    }
    return Identity(status) == held.identity ? .itself : .replaced(owner: status.st_uid)
  }

  /// Makes another one at its path, with those above it, to be held in place of this: for one that was removed or moved
  /// away.
  ///
  /// - Throws: `Errno` why it cannot be made: `fileExists` when something stands there.
  public func remake() throws(Errno) {
    if let failure = Self.makeParents(of: path) { throw failure.code }
    guard mkdir(path, 0o700) == 0 else { throw Errno.last }
    do throws(FileError) {
      let new = try Self.open(path, at: AT_FDCWD, path, O_NOFOLLOW, owner)
      opened.withLock { $0 = new }
    } catch { throw error.code ?? .fileExists }
    for tell in observers.withLock({ $0 }) { tell() }
  }

  /// Has `body` called, on the thread that did it, whenever another directory was made in place of the one that was held.
  public func onRemake(_ body: @escaping @Sendable () -> Void) { observers.withLock { $0.append(body) } }

  /// Goes over to what stands at the path, when that is what somebody who is trusted says it to be.
  ///
  /// - Parameter identity: the description of its identity.
  /// - Returns: whether it is held now.
  public func follow(_ identity: String) -> Bool {
    if current.identity.description == identity { return true }
    guard let new = try? Self.open(path, at: AT_FDCWD, path, 0, owner), new.identity.description == identity else {
      return false
    }
    opened.withLock { $0 = new }
    return true
  }

  /// Makes the directories above a path that are missing, for their owner only.
  ///
  /// - Returns: what could not be made and why.
  public static func makeParents(of path: String) -> (path: String, code: Errno)? {
    let file = FilePath(path)
    var made = FilePath(root: file.root, [])
    for component in file.components.dropLast() {
      made.append(component)
      guard mkdir(made.string, 0o700) != 0, errno != EEXIST else { continue }
      // An automounter answers otherwise for a directory that is there.
      let code = Errno.last
      if access(made.string, F_OK) != 0 { return (made.string, code) }
    }
    return nil
  }

  // MARK: What is in it

  /// Opens something in it; a link is not followed.
  ///
  /// - Parameter flags: `O_RDONLY`, `O_WRONLY | O_CREAT | O_EXCL`, …
  public func open(_ name: String, _ flags: Int32, mode: mode_t = 0o600) throws(Errno) -> Descriptor {
    try Descriptor.open(name, in: number, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode: mode)
  }

  /// Opens a file of this user's that has no other name, for what was opened to be written on; it is made if need be.
  ///
  /// - Throws: `FileError` when what has the name is no such file.
  public func openOwn(_ name: String, _ flags: Int32, mode: mode_t = 0o600) throws(FileError) -> Descriptor {
    do throws(Errno) {
      let descriptor = try open(name, flags, mode: mode)
      var status = stat()
      guard fstat(descriptor.number, &status) == 0 else { throw Errno.last }
      guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_nlink == 1 else {
        throw Errno.permissionDenied
      }
      return descriptor
    } catch {
      guard error != .permissionDenied, error != .tooManySymbolicLinkLevels else {
        throw FileError(
          description: "\(path)/\(name) cannot be used: it is not a file of yours that has only this name")
      }
      throw FileError("\(path)/\(name) cannot be opened", error)
    }
  }

  /// Writes a file for its owner only, in place of the one that is there: whoever reads meanwhile, also on another
  /// machine, sees the one before or the new one, whole.
  ///
  /// - Throws: `FileError` when it cannot be written; the one before is kept then.
  public func replaceFile(_ name: String, with bytes: [UInt8], mode: mode_t = 0o600) throws(FileError) {
    let new = "\(name).\(getpid())"
    do throws(Errno) {
      let descriptor = try makeFile(new, mode: mode)
      do throws(Errno) {
        try descriptor.writeAll(bytes)
        // What a network file system could not keep, it says here.
        try descriptor.close()
        try rename(new, to: name)
      } catch {
        remove(new)
        throw error
      }
    } catch { throw FileError("\(path)/\(name) cannot be written", error) }
  }

  /// Makes a file that was not there; what an earlier process of the same number left under the name gives way.
  public func makeFile(_ name: String, _ flags: Int32 = O_WRONLY, mode: mode_t = 0o600) throws(Errno) -> Descriptor {
    do throws(Errno) { return try open(name, flags | O_CREAT | O_EXCL, mode: mode) } catch {
      guard error == .fileExists, remove(name) else { throw error }
      return try open(name, flags | O_CREAT | O_EXCL, mode: mode)
    }
  }

  /// Gives something in it another name; what has that name gives way.
  public func rename(_ name: String, to new: String) throws(Errno) {
    guard renameat(number, name, number, new) == 0 else { throw Errno.last }
  }

  /// Removes a file or a link.
  ///
  /// - Returns: whether it is gone.
  @discardableResult
  public func remove(_ name: String) -> Bool { unlinkat(number, name, 0) == 0 || errno == ENOENT }

  /// Makes a link in place of the one that is there.
  ///
  /// - Returns: false, with the reason in `errno`, when it cannot be made, or something else has the name.
  public func replaceLink(_ name: String, to target: String) -> Bool {
    if let there = status(of: name), there.st_mode & S_IFMT == S_IFLNK { remove(name) }
    return symlinkat(target, number, name) == 0
  }

  /// What is known of something in it, which a link is itself; `nil` when nothing has the name.
  public func status(of name: String) -> stat? {
    var status = stat()
    return fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  /// The names in it, in no order.
  public var entries: [String] { directoryEntries(heldPath) }

  /// Makes and holds a directory in it.
  ///
  /// - Returns: also whether it was made: else it was there, and is this user's.
  /// - Throws: `FileError` when it cannot be made, or what has the name is no directory of this user's.
  public func directory(_ name: String) throws(FileError) -> (directory: HeldDirectory, isNew: Bool) {
    let full = "\(path)/\(name)"
    let isNew = mkdirat(number, name, 0o700) == 0
    guard isNew || errno == EEXIST else { throw FileError("\(full) cannot be made", Errno.last) }
    return (try existing(name), isNew)
  }

  /// Holds a directory in it that is there.
  ///
  /// - Throws: `FileError` when there is none, or it is a link or another user's.
  public func existing(_ name: String) throws(FileError) -> HeldDirectory {
    try HeldDirectory("\(path)/\(name)", at: number, name, O_NOFOLLOW, owner)
  }
}
