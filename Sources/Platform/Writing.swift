import Glibc
import SystemPackage

/// What a write came to.
public struct Written: Equatable, Sendable {
  /// The bytes that were taken.
  public var count = 0
  /// Why the rest was not; `nil` when there is none, or it would have been waited for.
  public var failure: Errno?
}

// The one loop that writes. What it is for: a signal ends a write before it began, or in its middle; a pipe, a terminal
// or a socket takes less than it is given, and nothing at all when it must not block and is full.

extension FileDescriptor {
  /// Writes everything, however long it takes.
  ///
  /// - Throws: why not all of it was taken; a full disk is `noSpace`.
  public func writeAll(_ bytes: some Collection<UInt8>) throws(Errno) {
    if let failure = put(bytes, waits: true).failure { throw failure }
  }

  /// Writes what is taken.
  ///
  /// - Parameter waits: whether to wait for a descriptor that must not block and takes no more at the moment.
  public func put(_ bytes: some Collection<UInt8>, waits: Bool) -> Written {
    bytes.withContiguousStorageIfAvailable { put(UnsafeRawBufferPointer($0), waits: waits) }
      ?? Array(bytes).withUnsafeBytes { put($0, waits: waits) }
  }

  /// Writes what is taken.
  ///
  /// - Parameter waits: whether to wait for a descriptor that must not block and takes no more at the moment.
  public func put(_ bytes: UnsafeRawBufferPointer, waits: Bool) -> Written {
    put(bytes, waits: waits) { Glibc.write(rawValue, $0, $1) }
  }

  /// Sends everything through a socket; one whose other end is gone is an error, and no SIGPIPE.
  ///
  /// - Throws: why not all of it was taken.
  func sendAll(_ bytes: [UInt8]) throws(Errno) {
    let written = bytes.withUnsafeBytes { bytes in
      put(bytes, waits: true) { Glibc.send(rawValue, $0, $1, Int32(MSG_NOSIGNAL)) }
    }
    if let failure = written.failure { throw failure }
  }

  private func put(
    _ bytes: UnsafeRawBufferPointer, waits: Bool, _ write: (UnsafeRawPointer, Int) -> Int
  ) -> Written {
    var written = Written()
    guard let start = bytes.baseAddress else { return written }
    while written.count < bytes.count {
      let count = write(start + written.count, bytes.count - written.count)
      if count > 0 {
        written.count += count
        continue
      }
      // A file that takes nothing and says no error takes nothing at the next try, either.
      let why = count == 0 ? Errno.noSpace : Errno.last
      if why == .interrupted { continue }
      if why == .resourceTemporarilyUnavailable {
        guard waits else { break }
        var item = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        if poll(&item, 1, -1) > 0 || errno == EINTR { continue }
      }
      written.failure = why
      break
    }
    return written
  }
}
