import Glibc
import SystemPackage

/// What stands at a path.
public enum FileKind: Sendable, Equatable {
  case file, directory, link, pipe, socket, device, other

  /// - Parameter mode: as `stat` gives it.
  public init(_ mode: mode_t) {
    self =
      switch mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      case S_IFCHR, S_IFBLK: .device
      default: .other
      }
  }

  /// With its article: `a FIFO`.
  public var words: String {
    switch self {
    case .file: "a file"
    case .directory: "a directory"
    case .link: "a symbolic link"
    case .pipe: "a FIFO"
    case .socket: "a socket"
    case .device: "a device"
    case .other: "of an unknown kind"
    }
  }
}

/// Whose something has to be that is opened.
public enum FileOwner: Sendable, Equatable {
  case anyone
  /// This user's, or root's: who may do everything anyway.
  case user(uid_t)

  /// Of this process.
  public static var thisUser: FileOwner { .user(geteuid()) }
}

extension Descriptor {
  /// Opens what others may have put there: the one way to a file of a session's directory.
  ///
  /// It never waits: not for the other end of a FIFO, and not for whoever has a lease on the file. What was opened is
  /// looked at before it is handed out, so that nothing can be exchanged in between.
  ///
  /// - Parameters:
  ///   - kind: what it has to be, a file or a directory.
  ///   - directory: the number of an open directory that a relative path refers to.
  ///   - flags: `O_RDONLY`, `O_RDWR | O_APPEND`, … An `O_TRUNC` takes effect after the look.
  ///   - followsLinks: whether its name may be a symbolic link; names of directories on the way may always.
  ///   - limit: how many bytes a file may have.
  ///   - mode: of a file that is made.
  /// - Throws: `FileError`, a sentence with the path: it cannot be opened, is something else (`… is a FIFO, not a file`), is
  ///   somebody else's, or is too long (its code is `fileTooLarge`).
  public static func open(
    _ kind: FileKind, _ path: String, in directory: Int32 = AT_FDCWD, flags: Int32 = O_RDONLY,
    followsLinks: Bool = true, owner: FileOwner = .anyone, limit: Int = .max, mode: mode_t = 0o600
  ) throws(FileError) -> Descriptor {
    let what = flags & O_ACCMODE == O_RDONLY ? "\(path) cannot be read" : "\(path) cannot be written"
    let opened: Descriptor
    do throws(Errno) {
      opened = try open(
        path, in: directory,
        (flags & ~O_TRUNC) | O_NONBLOCK | O_NOCTTY | (followsLinks ? 0 : O_NOFOLLOW)
          | (kind == .directory ? O_DIRECTORY : 0), mode: mode)
    } catch {
      // The system says "No such device or address" of a socket, and "Too many levels" of a link.
      var status = stat()
      if error != .noSuchFileOrDirectory,
        fstatat(directory, path, &status, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0,
        let fault = fault(of: status, kind, .anyone)
      {
        throw FileError(description: "\(path) \(fault)")
      }
      throw FileError(what, error)
    }
    let status: stat
    do { status = try opened.status() } catch { throw FileError(what, error) }
    if let fault = fault(of: status, kind, owner) { throw FileError(description: "\(path) \(fault)") }
    if kind == .file, status.st_size > limit { throw FileError(what, .fileTooLarge) }
    // Of use only until here: reading waits where there is something to wait for.
    guard fcntl(opened.number, F_SETFL, flags & O_APPEND) == 0 else { throw FileError(what, .last) }
    if flags & O_TRUNC != 0, ftruncate(opened.number, 0) != 0 { throw FileError(what, .last) }
    return opened
  }

  /// The rest of a sentence that begins with the path.
  private static func fault(of status: stat, _ kind: FileKind, _ owner: FileOwner) -> String? {
    let there = FileKind(status.st_mode)
    guard there == kind else { return "is \(there.words), not \(kind.words)" }
    guard case .user(let user) = owner, status.st_uid != user, status.st_uid != 0 else { return nil }
    return "belongs to \(userName(of: status.st_uid)), not to \(user == geteuid() ? "you" : userName(of: user))"
  }

  /// What the system knows of it: kind, owner, size, times.
  public borrowing func status() throws(Errno) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw Errno.last }
    return status
  }

  /// Bytes of a file now; 0 when that cannot be found out.
  public var size: Int { (try? status()).map { Int($0.st_size) } ?? 0 }
}
