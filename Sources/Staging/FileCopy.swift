import CFileCopy
import Glibc
import Platform
import Synchronization
import SystemPackage

/// Makes copies as `cp -a --reflink=auto --sparse=auto` does, and can be ended at any time.
struct FileCopy {
  let job: StagingJob
  /// Whether copies are on the disk before they get their names.
  let isSynced: Bool

  /// Bytes between two looks whether to end.
  private static let chunk = 8 << 20
  /// Bytes that a disk may be behind, so that the last sync is a short one.
  private static let backlog = 64 << 20

  /// Copies a regular file to a name that is free; what is there of it when it fails is the caller's to remove.
  ///
  /// - Parameter follows: whether the source may be named by a link.
  func file(_ source: FilePath, to target: FilePath, follows: Bool) throws(Refusal) {
    let input: Descriptor
    let output: Descriptor
    do throws(Errno) {
      input = try Descriptor.open(source, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follows ? 0 : O_NOFOLLOW))
    } catch { throw Refusal(source, error) }
    var status = stat()
    guard fstat(input.number, &status) == 0 else { throw Refusal(source, Errno.last) }
    let facts = FileFacts(status)
    guard facts.kind == .file else { throw Refusal(source, "is no regular file any more") }
    do throws(Errno) {
      output = try Descriptor.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    } catch { throw Refusal(target, error) }
    try content(of: input.number, source, facts, to: output.number, target)
    keep(facts, of: input.number, on: output.number)
    if isSynced, fsync(output.number) != 0 { throw Refusal(target, Errno.last) }
    do throws(Errno) { try output.close() } catch { throw Refusal(target, error) }
  }

  /// Copies a link as it is.
  func link(_ source: FilePath, to target: FilePath) throws(Refusal) {
    guard let text = readLink(source) else { throw Refusal(source, Errno.last) }
    guard
      text.withUnsafeBufferPointer({ text in
        target.withPlatformString { symlink(text.baseAddress!, $0) }
      }) == 0
    else { throw Refusal(target, Errno.last) }
    if let facts = try FileFacts.ofName(source) {
      var times = [facts.accessed, facts.modified]
      _ = target.withPlatformString { utimensat(AT_FDCWD, $0, &times, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// Copies a directory with all in it.
  func tree(_ source: FilePath, to target: FilePath) throws(Refusal) {
    guard target.withPlatformString({ mkdir($0, 0o700) }) == 0 else { throw Refusal(target, Errno.last) }
    for name in try FileFacts.entries(of: source) {
      try job.check()
      let (from, to) = (source.appending(name), target.appending(name))
      guard let facts = try FileFacts.ofName(from) else { continue }
      switch facts.kind {
      case .file: try file(from, to: to, follows: false)
      case .link: try link(from, to: to)
      case .directory: try tree(from, to: to)
      case .other: throw Refusal(from, "is neither a file nor a directory nor a link")
      }
    }
    do throws(Errno) {
      let from = try Descriptor.open(source, O_RDONLY | O_DIRECTORY)
      let to = try Descriptor.open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      var status = stat()
      if fstat(from.number, &status) == 0 { keep(FileFacts(status), of: from.number, on: to.number) }
    } catch { throw Refusal(target, error) }
  }

  // MARK: Content

  private func content(
    of input: Int32, _ source: FilePath, _ facts: FileFacts, to output: Int32, _ target: FilePath
  ) throws(Refusal) {
    if facts.size > 0, file_clone(input, output) == 0 { return }
    // Until it fails; whatever it is, reading and writing finds out.
    var inKernel = facts.size > 0
    var offset = 0
    var written = 0
    while true {
      // A file system without holes, and /proc, say that all is data.
      let data = file_seek_data(input, off_t(offset))
      if data < 0, errno == ENXIO, facts.size > 0 { break }
      let start = max(offset, data < 0 ? offset : Int(data))
      let hole = data < 0 ? -1 : file_seek_hole(input, off_t(start))
      let end = hole > off_t(start) && facts.size > 0 ? Int(hole) : Int.max
      offset = start
      guard lseek(input, off_t(start), SEEK_SET) >= 0 || start == 0, lseek(output, off_t(start), SEEK_SET) >= 0 else {
        throw Refusal(source, Errno.last)
      }
      while offset < end {
        try job.check()
        let count = try piece(min(end - offset, Self.chunk), input, source, output, target, &inKernel)
        if count == 0 { break }
        offset += count
        written += count
        if isSynced, written >= Self.backlog {
          written = 0
          fdatasync(output)
        }
      }
      if offset < end { break }
    }
    // A hole at its end.
    let length = facts.size > 0 ? max(offset, Int(lseek(input, 0, SEEK_END))) : offset
    guard ftruncate(output, off_t(length)) == 0 else { throw Refusal(target, Errno.last) }
  }

  /// - Returns: the bytes that were copied; 0 at the end.
  private func piece(
    _ length: Int, _ input: Int32, _ source: FilePath, _ output: Int32, _ target: FilePath, _ inKernel: inout Bool
  ) throws(Refusal) -> Int {
    while inKernel {
      let count = file_copy_range(input, output, length)
      if count > 0 { return count }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG) {
        throw Refusal(target, Errno.last)
      }
      // At the end, or of no use here: reading tells.
      inKernel = false
    }
    var bytes = [UInt8](repeating: 0, count: min(length, 1 << 20))
    while true {
      let count = read(input, &bytes, bytes.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Refusal(source, Errno.last) }
      do throws(Errno) { try FileDescriptor(rawValue: output).writeAll(bytes[..<count]) } catch {
        throw Refusal(target, error)
      }
      return count
    }
  }

  // MARK: What else a file is

  /// Permissions, times and access lists; what the file system cannot keep is left.
  private func keep(_ facts: FileFacts, of input: Int32, on output: Int32) {
    var mode = facts.mode
    if geteuid() == 0 {
      if fchown(output, facts.owner, facts.group) != 0 { mode &= 0o1777 }
    } else if facts.owner != geteuid() {
      mode &= 0o1777
    }
    fchmod(output, mode)
    file_copy_attributes(input, output)
    var times = [facts.accessed, facts.modified]
    futimens(output, &times)
  }

  private func readLink(_ path: FilePath) -> [CChar]? {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = path.withPlatformString { readlink($0, &text, text.count - 1) }
    guard count >= 0 else { return nil }
    return Array(text[..<count]) + [0]
  }
}
