import CNcurses
import Platform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reads the terminal: what is there, without ever waiting. Not `Sendable`: the thread of the screen owns it.
final class TerminalInput {
  let descriptor: Int32
  /// Whether it is descriptor 0 itself, which may block: the shell has it, too.
  private let isShared: Bool
  private var decoder: InputDecoder
  /// Whether the terminal has hung up.
  private(set) var isAtEnd = false

  /// Call after the description of the terminal was read.
  init(readsMouse: Bool) {
    // Opened anew, so that O_NONBLOCK does not reach the programs that share descriptor 0. After `su` the terminal may
    // be another user's.
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let own = ["/proc/self/fd/0", "/dev/tty"].lazy.map { path in path.withCString { open($0, flags) } }
      .first { $0 >= 0 }
    descriptor = own ?? STDIN_FILENO
    isShared = own == nil
    decoder = InputDecoder(
      times: InputDecoder.Times(escape: Self.escapeDelay), extra: Self.described(),
      readsMouse: readsMouse)
  }

  deinit { if !isShared { close(descriptor) } }

  /// ESCDELAY in milliseconds, as ncurses has it.
  private static var escapeDelay: Duration? {
    getenv("ESCDELAY").flatMap { Int(String(cString: $0)) }.map { .milliseconds(min(max($0, 1), 5000)) }
  }

  /// Milliseconds until ``tick()`` is due; `nil` when nothing is unfinished.
  var untilDue: Int? {
    decoder.deadline.map { deadline in
      let left = deadline - .now
      return left <= .zero ? 0 : Int(left / .milliseconds(1)) + 1
    }
  }

  /// Everything that can be read now.
  func read() -> [InputEvent] {
    var events: [InputEvent] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    // A terminal that never stops sending must not keep the screen from being drawn.
    for _ in 0..<64 {
      if isShared, !isReadable { break }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count > 0 {
        events += decoder.feed(Array(buffer[..<count]), at: .now)
      } else if count < 0, errno == EINTR {
        continue
      } else {
        // The end, or EIO once the terminal hung up.
        isAtEnd = count == 0 || errno != EAGAIN
        break
      }
    }
    return events
  }

  /// Ends a sequence whose rest did not come in time; call when nothing could be read.
  func tick() -> [InputEvent] { isReadable ? [] : decoder.tick(at: .now) }

  private var isReadable: Bool {
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&item, 1, 0) > 0 && item.revents & Int16(POLLIN) != 0
  }

  /// What the terminal's description has beside the usual sequences.
  private static func described() -> [[UInt8]: InputEvent] {
    let keys: [(String, InputEvent)] =
      [
        ("kdch1", .delete), ("kich1", .insert), ("khome", .home), ("kend", .end), ("kpp", .pageUp), ("knp", .pageDown),
        ("kcbt", .backTab), ("kent", .enter), ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right),
      ] + (1...12).map { ("kf\($0)", .function($0)) }
    var found: [[UInt8]: InputEvent] = [:]
    for (name, event) in keys {
      guard let text = nc_capability(name).map({ Array(String(cString: $0).utf8) }), text.starts(with: [0x1B, 0x5B])
      else { continue }
      // One sequence may be given to two keys.
      found[text] = found[text] ?? event
    }
    return found
  }
}
