import CNcurses

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where ncurses draws: the terminal of standard output, as an open file of our own.
///
/// Another program may have made the one on descriptor 1 non-blocking. ncurses then tries again and again while the
/// terminal is stopped, which takes a whole core; here it waits.
final class TerminalOutput {
  let stream: UnsafeMutablePointer<FILE>
  private let isOwn: Bool

  init() {
    // Non-blocking only to open it: a serial line would wait for its carrier.
    let descriptor = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    if descriptor >= 0, fcntl(descriptor, F_SETFL, 0) == 0, let own = fdopen(descriptor, "w") {
      stream = own
      isOwn = true
    } else {
      if descriptor >= 0 { Glibc.close(descriptor) }
      stream = nc_stdout()
      isOwn = false
    }
  }

  /// Writes at once, behind what ncurses wrote before.
  func write(_ text: StaticString) {
    fflush(stream)
    _ = Glibc.write(fileno(stream), text.utf8Start, text.utf8CodeUnitCount)
  }

  /// The same of bytes; what the terminal does not take is lost.
  func write(_ bytes: [UInt8]) {
    fflush(stream)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(fileno(stream), $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func close() {
    if isOwn { fclose(stream) } else { fflush(stream) }
  }
}
