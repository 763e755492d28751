import Synchronization

/// How an operation with a deadline came to its end.
public enum Bounded<Value: Sendable>: Sendable {
  case value(Value)
  case failure(any Error)
  /// The deadline passed, or the caller is in a hurry. The operation may still be running; it is no longer awaited.
  case timedOut
}

/// Lets an operator cut all waits short: from the moment of `hurry`, every deadline has passed.
public final class Haste: Sendable {
  private struct State {
    var isHurried = false
    var waiters: [Int: @Sendable () -> Void] = [:]
    var next = 0
  }
  private let state = Mutex(State())

  public init() {}

  public var isHurried: Bool { state.withLock { $0.isHurried } }

  public func hurry() {
    let waiters = state.withLock { state in
      state.isHurried = true
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter() }
  }

  /// Calls `body` on `hurry`, at once when that was already; the number is for `forget`.
  fileprivate func onHurry(_ body: @escaping @Sendable () -> Void) -> Int? {
    let number: Int? = state.withLock { state in
      guard !state.isHurried else { return nil }
      state.next += 1
      state.waiters[state.next] = body
      return state.next
    }
    if number == nil { body() }
    return number
  }

  fileprivate func forget(_ number: Int?) {
    if let number { state.withLock { $0.waiters[number] = nil } }
  }
}

/// Awaits an operation for at most `limit`, also when it ignores cancellation: then it is left behind.
///
/// - Parameter patience: how long it may still take from the moment of the hurry.
public func bounded<Value: Sendable>(
  by limit: Duration, haste: Haste? = nil, patience: Duration = .zero,
  _ operation: @escaping @Sendable () async throws -> Value
) async -> Bounded<Value> {
  let once = Once<Bounded<Value>>()
  let work = Task {
    do { once.resume(.value(try await operation())) } catch { once.resume(.failure(error)) }
  }
  let clock = Task {
    try? await Task.sleep(for: limit)
    once.resume(.timedOut)
  }
  let number = haste?.onHurry {
    guard patience > .zero else { return once.resume(.timedOut) }
    Task {
      try? await Task.sleep(for: patience)
      once.resume(.timedOut)
    }
  }
  defer {
    haste?.forget(number)
    clock.cancel()
  }
  let outcome = await withTaskCancellationHandler {
    await once.value()
  } onCancel: {
    once.resume(.failure(CancellationError()))
  }
  if case .value = outcome {} else { work.cancel() }
  return outcome
}

/// A value that is set by whoever comes first.
public final class Once<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting([CheckedContinuation<Value, Never>])
    case set(Value)
  }
  private let state = Mutex(State.empty)

  public init() {}

  public func resume(_ value: Value) {
    let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
      switch state {
      case .empty:
        state = .set(value)
        return []
      case .waiting(let continuations):
        state = .set(value)
        return continuations
      case .set: return []
      }
    }
    for continuation in waiting { continuation.resume(returning: value) }
  }

  public func value() async -> Value {
    await withCheckedContinuation { continuation in
      let value: Value? = state.withLock { state in
        switch state {
        case .empty: state = .waiting([continuation])
        case .waiting(let others): state = .waiting(others + [continuation])
        case .set(let value): return value
        }
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
