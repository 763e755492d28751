import Synchronization

/// Where at most one runtime may be active at a time.
///
/// Ports the check of `RPDispatchingExecutor.runtime_configuration`, where a context variable does it.
public final class RuntimeScope: Sendable {
  /// The scope of this process.
  public static let process = RuntimeScope()

  private let active = Mutex<String?>(nil)

  public init() {}

  /// - Throws: `APIError` when a runtime is active already.
  func claim(for session: String) throws(APIError) {
    let other: String? = active.withLock { active in
      if active == nil {
        active = session
        return nil
      }
      return active
    }
    if let other { throw APIError("a runtime is already active in this process: session \(other)") }
  }

  func release() { active.withLock { $0 = nil } }
}
