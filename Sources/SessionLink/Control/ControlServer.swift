import Glibc
import NIOCore
import NIOPosix
import Platform
import SessionModel
import Synchronization
import Wire

/// Takes the commands of others to the session.
public protocol CommandTaker: Sendable {
  /// - Parameter report: called when the command was acknowledged, and at its end; a refused one has only an end.
  func take(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void)
}

/// What a control socket bears.
public struct ControlLimits: Sendable {
  /// Bytes of one request.
  public var message = 8 << 20
  /// Bytes of unfinished requests on all connections together.
  public var unfinished = 64 << 20
  public var connections = 512
  /// Commands of one connection that have not come to their end.
  public var commands = 64
  /// Bytes that a connection leaves unread before it is dropped.
  public var unread = 1 << 20
  /// How often a follower is told of the journal.
  public var interval = TimeAmount.milliseconds(100)

  public init() {}
}

/// The control socket of a session: commands come in, and whoever follows is told how far the journal can be read.
///
/// The facts themselves are read from the journal. So a watcher that is slow, or stands still, costs nothing here: of
/// the news only the newest counts.
public final class ControlServer: Sendable {
  private let channel: any Channel
  private let hub: ControlHub
  private let path: String
  private let inode: ino_t

  /// Opens the socket; a file that a dead host left is replaced.
  ///
  /// - Parameter onRefused: told the id of another user who tried to connect.
  /// - Throws: `ControlError` when it cannot be opened, or another host has it.
  public init(
    path: String, session: String, taker: any CommandTaker, limits: ControlLimits = ControlLimits(),
    onRefused: @escaping @Sendable (uid_t) -> Void = { _ in }
  ) throws(ControlError) {
    try ControlSocket.makeRoom(at: path, session: session)
    let hub = ControlHub(
      session: session, taker: taker, limits: limits, onRefused: onRefused, loop: ControlLoop.group.next())
    self.hub = hub
    self.path = path
    do {
      channel = try ServerBootstrap(group: ControlLoop.group)
        .serverChannelOption(.backlog, value: 256)
        .childChannelInitializer { channel in hub.admit(channel) }
        .bind(unixDomainSocketPath: path).wait()
    } catch {
      throw ControlError(.unreachable, "the socket \(path) cannot be opened: \(ControlLoop.words(for: error))")
    }
    // Nobody else can enter its directory either.
    chmod(path, 0o600)
    var status = stat()
    inode = stat(path, &status) == 0 ? status.st_ino : 0
  }

  /// Tells the followers how many bytes of the journal can be read and, in a sentence, what is wrong with it. Costs
  /// nothing while nobody follows.
  public func publish(position: Int, problem: String?) { hub.publish(.position(position, problem: problem)) }

  /// Ends all connections, after what was still to be said, and removes the socket. Commands may still report
  /// afterwards; nobody hears it.
  public func close() {
    guard hub.close() else { return }
    var status = stat()
    // A host that took the session over may have made its own.
    if stat(path, &status) == 0, status.st_ino == inode { unlink(path) }
    try? channel.close().wait()
  }
}
