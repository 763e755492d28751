import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// Which file it is, whatever its name: by it one that was replaced is noticed.
struct FileIdentity: Equatable {
  private var device: dev_t = 0
  private var inode: ino_t = 0

  init() {}

  /// `nil` when nothing stands there, or it cannot be seen.
  init?(_ path: FilePath) {
    var status = stat()
    guard stat(path.string, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }

  /// Bytes of an open file; 0 when that cannot be found out.
  static func size(_ descriptor: Int32) -> Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }
}
