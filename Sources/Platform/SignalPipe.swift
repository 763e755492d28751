import Glibc

/// The write end of a pipe for signal handlers: each writes the number of its signal.
///
/// Raw memory, so that a handler runs no initialiser and takes no lock; made before the first handler is set.
struct SignalPipe: @unchecked Sendable {
  private let end: UnsafeMutablePointer<Int32>

  init() {
    end = .allocate(capacity: 1)
    end.initialize(to: -1)
  }

  /// The descriptor, which must not block; -1 when nobody reads.
  var writer: Int32 {
    get { end.pointee }
    nonmutating set { end.pointee = newValue }
  }

  /// Async-signal-safe.
  func send(_ signal: Int32) {
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: signal)
    // When the pipe is full, it is readable anyway.
    _ = write(end.pointee, &byte, 1)
    errno = saved
  }
}
