import Glibc
import Platform
import SystemPackage

/// What is known of a file by its name.
struct FileFacts: Sendable {
  enum Kind: Sendable { case file, directory, link, other }

  /// Which file it is, whatever it is called.
  struct Identity: Hashable, Sendable {
    var device: UInt
    var inode: UInt
  }

  var kind: Kind
  var identity: Identity
  var size: Int
  var mode: mode_t
  var owner: uid_t
  var group: gid_t
  var accessed: timespec
  var modified: timespec

  /// Whether the same file has the same content, as far as its times tell.
  func isUnchanged(from other: FileFacts) -> Bool {
    kind == other.kind && identity == other.identity
      && (kind == .directory
        || size == other.size && modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec)
  }

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    identity = Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    size = Int(status.st_size)
    mode = status.st_mode & 0o7777
    owner = status.st_uid
    group = status.st_gid
    accessed = status.st_atim
    modified = status.st_mtim
  }

  /// The name itself, which may be a link; `nil` when there is none.
  static func ofName(_ path: FilePath) throws(Refusal) -> FileFacts? {
    try look(path) { path, status in lstat(path, status) }
  }

  /// What the name stands for; `nil` when there is nothing.
  static func behind(_ path: FilePath) throws(Refusal) -> FileFacts? {
    try look(path) { path, status in stat(path, status) }
  }

  private static func look(
    _ path: FilePath, _ call: (UnsafePointer<CChar>, UnsafeMutablePointer<stat>) -> Int32
  ) throws(Refusal) -> FileFacts? {
    var status = stat()
    while true {
      if path.withPlatformString({ call($0, &status) }) == 0 { return FileFacts(status) }
      switch errno {
      case EINTR: continue
      case ENOENT, ENOTDIR: return nil
      case let code: throw Refusal(path, Errno(rawValue: code))
      }
    }
  }

  /// Whether this process may do something with a file: `R_OK`, `W_OK`, `X_OK`.
  static func allows(_ path: FilePath, _ mode: Int32) -> Bool {
    path.withPlatformString { faccessat(AT_FDCWD, $0, mode, AT_EACCESS) } == 0
  }

  /// The names in a directory, in the order of their bytes.
  static func entries(of path: FilePath) throws(Refusal) -> [FilePath.Component] {
    guard let stream = path.withPlatformString({ opendir($0) }) else { throw Refusal(path, Errno.last) }
    defer { closedir(stream) }
    var names: [FilePath.Component] = []
    while let item = readdir(stream) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { FilePath.Component(platformString: $0) }
      }
      // `.` and `..` are components of a kind of their own.
      if let name, name.kind == .regular { names.append(name) }
    }
    return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }
}

extension FilePath.Component {
  /// As the file system has it, which need not be text.
  var bytes: [UInt8] { withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } }
}

extension FilePath {
  var parent: FilePath {
    let parent = removingLastComponent()
    return parent.isEmpty ? "." : parent
  }
}
