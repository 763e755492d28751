import SessionModel

/// One resource of a runtime, good only in the session that acquired it.
public struct RuntimeHandle: Equatable, Sendable {
  public let session: String
  public let resource: RuntimeResource
  /// What the engine said of it.
  public let detail: String
}

/// The resources of a session, in the order in which they were acquired.
///
/// Ports the `RuntimeSession` of SCALE-MS.
public actor RuntimeSession {
  nonisolated let session: String
  nonisolated let engine: any PilotEngine
  nonisolated let context: SessionContext
  private let limits: TimeLimits
  public private(set) var handles: [RuntimeHandle] = []
  /// An acquisition that was given up on: it may have left something.
  private var doubtful: RuntimeResource?
  private var isPilotEnded = false

  public init(session: String, engine: any PilotEngine, context: SessionContext) {
    self.session = session
    self.engine = engine
    self.context = context
    limits = context.configuration.limits
  }

  /// - Throws: what the engine throws, `CancellationError` when it was aborted, `DispatchError` when it took too long.
  func acquire(_ resource: RuntimeResource, limit: Duration, abort: Haste) async throws -> String {
    let (engine, context) = (engine, context)
    switch await bounded(by: limit, haste: abort, { try await engine.acquire(resource, in: context) }) {
    case .value(let detail):
      handles.append(RuntimeHandle(session: session, resource: resource, detail: detail))
      return detail
    case .failure(let error):
      if error is CancellationError { doubtful = resource }
      throw error
    case .timedOut:
      doubtful = resource
      if abort.isHurried { throw CancellationError() }
      throw DispatchError("no answer within \(limit.text)")
    }
  }

  /// Acquires a resource anew whose earlier one ended.
  ///
  /// - Throws: as `acquire`.
  func replace(_ resource: RuntimeResource, limit: Duration, abort: Haste) async throws -> String {
    handles.removeAll { $0.resource == resource }
    return try await acquire(resource, limit: limit, abort: abort)
  }

  /// Gives everything back in reverse order, all of it within `limit`: each resource has half of the time that is
  /// left, so that one that hangs keeps no other from its release.
  ///
  /// - Returns: for each resource what went wrong, or `nil`.
  func releaseAll(limit: Duration) async -> [(RuntimeResource, String?)] {
    var outcomes: [(RuntimeResource, String?)] = []
    let deadline = ContinuousClock.now + limit
    for resource in (handles.map(\.resource) + (doubtful.map { [$0] } ?? [])).reversed() {
      let engine = engine
      switch await bounded(by: (deadline - .now) / 2, { try await engine.release(resource) }) {
      case .value: outcomes.append((resource, nil))
      case .failure(let error): outcomes.append((resource, "\(error)"))
      case .timedOut: outcomes.append((resource, "not released in time"))
      }
    }
    handles = []
    doubtful = nil
    return outcomes
  }

  /// The pilot of the session; one that ended is replaced by a new one.
  ///
  /// - Throws: what the engine throws when it cannot start another, `DispatchError` when that takes too long.
  public func pilot() async throws -> RuntimeHandle {
    if isPilotEnded {
      handles.removeAll { $0.resource == .pilot }
      isPilotEnded = false
    }
    if let handle = handles.last(where: { $0.resource == .pilot }) { return handle }
    _ = try await acquire(.pilot, limit: limits.startup, abort: Haste())
    guard let handle = handles.last(where: { $0.resource == .pilot }) else {
      throw InternalError("a pilot was acquired and is not there")
    }
    return handle
  }

  /// Notes that the engine confirmed the end of the pilot.
  public func notePilotEnded() { isPilotEnded = true }

  /// Takes a handle into use.
  ///
  /// - Throws: `ScopeError` when it belongs to another session.
  public func adopt(_ handle: RuntimeHandle) throws(ScopeError) {
    guard handle.session == session else {
      throw ScopeError("the \(handle.resource.rawValue) belongs to session \(handle.session), not to \(session)")
    }
    if !handles.contains(where: { $0.resource == handle.resource }) { handles.append(handle) }
  }
}
