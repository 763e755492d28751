import CTaskLaunch
import Glibc
import SystemPackage

extension FileDescriptor {
  /// Has the file system keep room for this file from a place on, beyond its end, so that a disk that others fill later
  /// takes what is written there. The size of the file stays.
  ///
  /// - Throws: `noSpace` or `diskQuotaExceeded` when there is no such room; another error where the file system keeps none for
  ///   anybody.
  public func keepRoom(from offset: Int, count: Int) throws(Errno) {
    let code = task_keep_room(rawValue, offset, count)
    guard code == 0 else { throw Errno(rawValue: code) }
  }
}

/// Gives back the room that was kept beyond the end of an open file, when it has the size that its writer knows of.
public func giveBackRoom(_ descriptor: Int32, size: Int) {
  var status = stat()
  guard fstat(descriptor, &status) == 0, Int(status.st_size) == size else { return }
  _ = ftruncate(descriptor, status.st_size)
}
