import Synchronization

/// How an operation with a time limit came to its end.
public enum TimeoutOutcome<Value: Sendable>: Sendable {
  case value(Value)
  case failure(any Error)
  /// The limit passed. The operation may still be running; it is no longer awaited.
  case timedOut

  public var value: Value? { if case .value(let value) = self { value } else { nil } }
}

/// Awaits an operation for at most `limit`, also when it ignores cancellation: then it is left behind.
public func withTimeout<Value: Sendable>(
  _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async -> TimeoutOutcome<Value> {
  let promise = Promise<TimeoutOutcome<Value>>()
  let work = Task {
    do { promise.fulfil(.value(try await operation())) } catch { promise.fulfil(.failure(error)) }
  }
  let clock = Task {
    try? await Task.sleep(for: limit)
    promise.fulfil(.timedOut)
  }
  defer { clock.cancel() }
  let outcome = await withTaskCancellationHandler {
    await promise.value()
  } onCancel: {
    promise.fulfil(.failure(CancellationError()))
  }
  if case .value = outcome {} else { work.cancel() }
  return outcome
}

/// A value that comes later; the first one counts.
public final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case empty([CheckedContinuation<Value, Never>])
    case fulfilled(Value)
  }
  private let state = Mutex(State.empty([]))

  public init() {}

  public func fulfil(_ value: Value) {
    let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
      guard case .empty(let waiting) = state else { return [] }
      state = .fulfilled(value)
      return waiting
    }
    for continuation in waiting { continuation.resume(returning: value) }
  }

  public func value() async -> Value {
    await withCheckedContinuation { continuation in
      let value: Value? = state.withLock { state in
        switch state {
        case .empty(let waiting):
          state = .empty(waiting + [continuation])
          return nil
        case .fulfilled(let value): return value
        }
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
