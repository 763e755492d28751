import Glibc
import Platform
import SessionModel
import Synchronization

/// The way commands take to a session's host.
public enum CommandRoute: Sendable {
  case socket(ControlClient)
  case inbox(Inbox, origin: String)

  /// Sends a command, or leaves it; through the inbox only the journal says how it goes.
  ///
  /// - Parameters:
  ///   - token: what the journal is to call the request.
  ///   - report: told of the stages over a socket, and why the command did not get through.
  public func send(
    _ command: OperatorCommand, reason: String?, token: String = newToken(), report: @escaping ControlClient.Reporter
  ) {
    switch self {
    case .socket(let client): client.send(command, reason: reason, token: token, report: report)
    case .inbox(let inbox, let origin):
      do { try inbox.put(command, reason: reason, origin: origin, token: token) } catch { report(.failure(error)) }
    }
  }

  func close() {
    if case .socket(let client) = self { client.close() }
  }

  private static let count = Mutex(0)

  /// A name for a request that no other process on any machine gives.
  public static func newToken() -> String {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return "\(Timestamp.now.microseconds).\(machineName()).\(getpid()).\(number)"
  }
}
