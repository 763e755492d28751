import Platform
import SessionModel

/// Whether a session says by itself that it lives: asked once, and listened to for a second and a half.
public struct RadicalSigns: Sendable {
  /// When the session's program last said that it lives; `nil` when that was not heard.
  public private(set) var heartbeat: Timestamp?
  /// Whether the session answers on its channels.
  public private(set) var answers = false
  private var isStopped = false

  /// A heartbeat comes every second.
  private static let limit = 1.5

  /// - Parameter owner: the program that opened it; one that is stopped is not waited for.
  public init(of site: RadicalSite, owner: ProcessIdentity?) { self.init(of: site, owner: owner, limit: Self.limit) }

  /// - Parameter limit: seconds to listen for.
  init(of site: RadicalSite, owner: ProcessIdentity?, limit: Double) {
    isStopped = owner?.isStopped ?? false
    guard !isStopped, let bridges = RadicalBridges(of: site) else { return }
    guard let control = ZMTPConnection.open(bridges.control, .subscriber, limit: limit),
      control.sendMessage([1] + Array(RadicalOrder.channel.utf8))
    else { return }
    answers = true
    let deadline = ContinuousClock.now + .seconds(limit)
    while heartbeat == nil, case let left = (deadline - .now) / .seconds(1), left > 0 {
      switch control.receive(limit: left) {
      case .message(let message): if RadicalWire.command(in: message) == "pmgr_heartbeat" { heartbeat = .now }
      case .nothing, .ended: return
      }
    }
  }

  /// `wire`, or `files` when these alone say how the session stands.
  public var carrier: String { answers ? "wire" : "files" }

  /// For people.
  public var words: String {
    if isStopped { return "none: its program is stopped; what is known is from its files" }
    guard answers else { return "not heard: the session's channels do not answer; what is known is from its files" }
    return heartbeat == nil
      ? "none within \(Self.limit) s, where one should come every second; without a pilot manager there is none"
      : "one every second, on the session's own channels"
  }
}
