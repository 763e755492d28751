@preconcurrency import Dispatch
import Glibc
import Platform
import Synchronization

/// The descriptor of a client's connection, which is used no more once it was closed: its number may be another's then.
final class ControlLine: Sendable {
  private let descriptor: Int32
  /// Guards the end, which others than the reader may ask for at any time.
  private let isOpen = Mutex(true)
  /// Writing has a queue of its own, so that a host that hangs never blocks a screen.
  private let writer = DispatchQueue(label: "control-writer")

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Hands out the lines that come until the connection ends, and closes it. Blocks.
  func read(_ body: (UnsafeRawBufferPointer) -> Void) {
    var lines = LineReader()
    while lines.read(descriptor, body) == .open {}
    // A writer that is held up by a host that hangs goes on now.
    end()
    writer.async { [self] in
      isOpen.withLock { isOpen in
        isOpen = false
        Glibc.close(descriptor)
      }
    }
  }

  /// Writes, some time; nothing once the connection has ended.
  func write(_ bytes: [UInt8]) {
    writer.async { [self] in
      // Closing takes place on this queue, too.
      guard isOpen.withLock({ $0 }) else { return }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }  // the reader sees the end
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Ends the connection: the reader sees it.
  func end() {
    isOpen.withLock { isOpen in
      if isOpen { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }
}
