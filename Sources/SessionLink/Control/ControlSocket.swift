import Glibc
import NIOCore
import Wire

/// Where the control socket of a session is, and who is at its other end.
public enum ControlSocket {
  /// The path of a session's socket, in a directory that only this user can enter; it is made if need be.
  ///
  /// A path may have 107 bytes, and directories of sessions are deep.
  ///
  /// - Throws: `ControlProblem` when there is no directory that is safe.
  public static func path(forSession id: String) throws(ControlProblem) -> String {
    let directory: String
    if let runtime = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), runtime.hasPrefix("/"), isPrivate(runtime)
    {
      directory = runtime + "/scalems-top"
    } else {
      let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      directory = "\(base.hasPrefix("/") ? base : "/tmp")/scalems-top-\(getuid())"
    }
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw ControlProblem("\(directory) cannot be made: \(text(errno))")
    }
    guard isPrivate(directory) else {
      throw ControlProblem("\(directory) is not a directory of yours that only you can enter: remove it")
    }
    let path = "\(directory)/\(id)"
    if path.utf8.count <= longest { return path }
    let short = "\(directory)/\(hash(id))"
    guard short.utf8.count <= longest else {
      throw ControlProblem("the path \(short) is too long for a socket: set XDG_RUNTIME_DIR or TMPDIR to a shorter one")
    }
    return short
  }

  /// What `sun_path` holds, without its end.
  private static let longest = 107

  /// A directory of this user's, no link, that nobody else can enter.
  private static func isPrivate(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == getuid()
      && status.st_mode & 0o077 == 0
  }

  private static func hash(_ text: String) -> String {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return String(sum, radix: 36)
  }

  /// Removes the socket that a dead host left at a path.
  ///
  /// - Throws: `ControlProblem` when a host is there, when that cannot be told, or when it is no socket.
  static func makeRoom(at path: String, session: String) throws(ControlProblem) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw ControlProblem("\(path) is no socket: remove it") }
    let (descriptor, code) = try attempt(path)
    if descriptor >= 0 { close(descriptor) }
    switch code {
    case 0: throw ControlProblem("another host of session \(session) has the socket \(path)")
    // Nobody listens. What else goes wrong, as too many open files, says nothing of the host.
    case ECONNREFUSED, ENOENT: unlink(path)
    default: throw ControlProblem("it cannot be told whether a host has the socket \(path): \(text(code))")
    }
  }

  /// Connects.
  ///
  /// - Throws: `ControlProblem` when nobody listens there.
  static func open(_ path: String) throws(ControlProblem) -> Int32 {
    let (descriptor, code) = try attempt(path)
    guard code == 0 else { throw ControlProblem("nobody answers at \(path): \(text(code))") }
    return descriptor
  }

  /// Connects; the descriptor is negative unless the code, an `errno`, is 0.
  private static func attempt(_ path: String) throws(ControlProblem) -> (descriptor: Int32, code: Int32) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count <= longest else { throw ControlProblem("the path \(path) is too long for a socket") }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return (-1, errno) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard outcome == 0 else {
      let code = errno
      close(descriptor)
      return (-1, code)
    }
    return (descriptor, 0)
  }

  /// `struct ucred`, which Glibc's headers offer to GNU programs only.
  private struct Credentials {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
  }

  /// The user at the other end, as the kernel knows it.
  static func peer(of channel: any Channel) -> EventLoopFuture<uid_t> {
    guard let options = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ControlProblem("this connection has no other end that is known"))
    }
    let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    return credentials.map(\.uid)
  }
}
