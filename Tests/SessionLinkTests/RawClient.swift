import Glibc
import TestSupport

/// Speaks the protocol by hand.
final class RawClient: Sendable {
  let descriptor: Int32

  init(_ path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard outcome == 0 else {
      close(descriptor)
      throw TestError("nobody answers at \(path)")
    }
  }

  deinit { close(descriptor) }

  /// False when the other end has closed.
  @discardableResult
  func say(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// The next line; `nil` at the end of the connection.
  func line() -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1 {
      if byte == 0x0a { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return nil
  }

  /// Waits until there is something to read, and reads nothing.
  func awaitInput() {
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&item, 1, -1) < 0, errno == EINTR {}
  }

  func hello() {
    _ = line()
    say(#"{"id":1,"request":"hello","version":1,"origin":"here"}"# + "\n")
    _ = line()
  }
}
