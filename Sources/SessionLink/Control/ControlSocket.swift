import Glibc
import NIOCore
import NIOPosix
import Platform
import Wire

/// Where the control socket of a session is, and who is at its other end.
public enum ControlSocket {
  /// The path of a session's socket, in a directory that only this user can enter; it is made if need be.
  ///
  /// A path may have 107 bytes, and directories of sessions are deep.
  ///
  /// - Throws: `ControlError` when there is no directory that is safe.
  public static func path(forSession id: String) throws(ControlError) -> String {
    let directory: String
    if let runtime = SystemText.variable("XDG_RUNTIME_DIR"), runtime.hasPrefix("/"), isPrivate(runtime) {
      directory = runtime + "/scalems-top"
    } else {
      let base = SystemText.variable("TMPDIR") ?? "/tmp"
      directory = "\(base.hasPrefix("/") ? base : "/tmp")/scalems-top-\(getuid())"
    }
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw ControlError(.unreachable, "\(directory) cannot be made: \(text(errno))")
    }
    guard isPrivate(directory) else {
      throw ControlError(.unreachable, "\(directory) is not a directory of yours that only you can enter: remove it")
    }
    let path = "\(directory)/\(id)"
    if path.utf8.count <= longest { return path }
    // Who looks for it finds the path in the record of the host.
    let short = directory + "/" + String(Array(id.utf8).withUnsafeBytes { Checksum.of($0) }, radix: 36)
    guard short.utf8.count <= longest else {
      throw ControlError(
        .unreachable, "the path \(short) is too long for a socket: set XDG_RUNTIME_DIR or TMPDIR to a shorter one")
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

  /// Removes the socket that a dead host left at a path.
  ///
  /// - Throws: `ControlError` when a host is there, when that cannot be told, or when it is no socket.
  static func makeRoom(at path: String, session: String) throws(ControlError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ControlError(.unreachable, "\(path) is no socket: remove it")
    }
    do {
      let channel = try ClientBootstrap(group: ControlLoop.group).connect(unixDomainSocketPath: path).wait()
      channel.close(promise: nil)
    } catch {
      // Nobody listens. What else goes wrong, as too many open files, says nothing of the host.
      if let code = ControlLoop.code(of: error), code == ECONNREFUSED || code == ENOENT {
        unlink(path)
        return
      }
      throw ControlError(
        .unreachable, "it cannot be told whether a host has the socket \(path): \(ControlLoop.words(for: error))")
    }
    throw ControlError(.unreachable, "another host of session \(session) has the socket \(path)")
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
      return channel.eventLoop.makeFailedFuture(
        ControlError(.unreachable, "this connection has no other end that is known"))
    }
    let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    return credentials.map(\.uid)
  }
}
