import Glibc
import SystemPackage

/// Has signals handed to a thread of their own, in place of what they do.
///
/// The thread is there before the first signal comes, and needs no other: also a process that can start no thread any more
/// hears what it is told. Of a process, one at a time; it lasts as long as the process does.
public final class SignalThread: Sendable {
  private typealias Handler = @Sendable (Int32) -> Void

  /// The write end for signal handlers; raw memory, so that a handler runs no initialiser and takes no lock.
  nonisolated(unsafe) private static let writer: UnsafeMutablePointer<Int32> = {
    let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    pointer.initialize(to: -1)
    return pointer
  }()

  private final class Reader: Sendable {
    let descriptor: Int32
    let handler: Handler

    init(_ descriptor: Int32, _ handler: @escaping Handler) { (self.descriptor, self.handler) = (descriptor, handler) }

    func run() {
      var byte: UInt8 = 0
      while true {
        let count = read(descriptor, &byte, 1)
        if count < 0 && errno == EINTR { continue }
        guard count == 1 else { return }
        handler(Int32(byte))
      }
    }
  }

  /// - Parameter handler: called on the thread with the number of each signal, one after the other.
  /// - Throws: when the system has no thread or descriptor left.
  public init(_ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) throws(Errno) {
    let pipe = try Pipe()
    // A handler must not wait.
    pipe.writer.setNonBlocking()
    Self.writer.pointee = pipe.writer.release()
    let reader = Unmanaged.passRetained(Reader(pipe.reader.release(), handler))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { reader in
        if let reader { Unmanaged<Reader>.fromOpaque(reader).takeRetainedValue().run() }
        return nil
      }, reader.toOpaque())
    guard code == 0 else {
      reader.release()
      throw Errno(rawValue: code)
    }
    pthread_detach(thread)
    for number in signals {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(SignalThread.writer.pointee, &byte, 1)
        errno = saved
      }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
  }
}
