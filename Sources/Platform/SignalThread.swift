import Glibc
import SystemPackage

/// Has signals handed to a thread of their own, in place of what they do.
///
/// The thread is there before the first signal comes, and needs no other: also a process that can start no thread any more
/// hears what it is told. Of a process, one at a time; it lasts as long as the process does.
public final class SignalThread: Sendable {
  private typealias Handler = @Sendable (Int32) -> Void

  private static let signals = SignalPipe()

  private final class Reader: Sendable {
    let descriptor: Int32
    let handler: Handler

    init(_ descriptor: Int32, _ handler: @escaping Handler) { (self.descriptor, self.handler) = (descriptor, handler) }

    func run() {
      var byte: [UInt8] = [0]
      while let count = try? FileDescriptor(rawValue: descriptor).get(into: &byte), count == 1 {
        handler(Int32(byte[0]))
      }
    }
  }

  /// - Parameter handler: called on the thread with the number of each signal, one after the other.
  /// - Throws: when the system has no thread or descriptor left.
  public init(_ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) throws(Errno) {
    let pipe = try Pipe()
    // A handler must not wait.
    pipe.writer.setNonBlocking()
    Self.signals.writer = pipe.writer.release()
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
      action.__sigaction_handler.sa_handler = { SignalThread.signals.send($0) }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
  }
}
