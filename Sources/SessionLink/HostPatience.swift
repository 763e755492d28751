import SessionModel

/// How long a host that does not answer is waited for.
public struct HostPatience: Sendable {
  /// After so long it is said.
  public static let notice = Duration.seconds(5)
  /// After so long it is given up, unless somebody says otherwise.
  public static let standard = Duration.seconds(60)

  public var limit: Duration
  /// Told once, with what is known of the host, when it is time to say that it does not answer.
  public var onSilence: @Sendable (String) -> Void
  /// Called now and then: what was looked at has answered.
  public var onLook: @Sendable () -> Void = {}

  public init(limit: Duration = HostPatience.standard, onSilence: @escaping @Sendable (String) -> Void = { _ in }) {
    self.limit = limit
    self.onSilence = onSilence
  }
}

/// One time of waiting for a host that does not answer.
struct HostSilence {
  private let patience: HostPatience
  private var since: ContinuousClock.Instant?
  private var isSaid = false

  init(_ patience: HostPatience) { self.patience = patience }

  /// When it is to be looked at again at the latest.
  var next: ContinuousClock.Instant? {
    since.map { $0 + min(isSaid ? patience.limit : HostPatience.notice, patience.limit) }
  }

  /// - Parameters:
  ///   - isSilent: whether there is something that the host should have answered by now.
  ///   - words: what is known of it.
  /// - Returns: whether it is to be given up.
  mutating func lasts(_ isSilent: Bool, _ words: @autoclosure () -> String) -> Bool {
    guard isSilent else {
      (since, isSaid) = (nil, false)
      return false
    }
    let now = ContinuousClock.now
    let begin = since ?? now
    since = begin
    if !isSaid, now - begin >= HostPatience.notice, patience.limit > HostPatience.notice {
      isSaid = true
      patience.onSilence(words())
    }
    return now - begin >= patience.limit
  }
}
