import Dispatch
import Glibc
import Synchronization

/// Runs asynchronous work to its end on behalf of a thread that has nothing else to do.
func waiting<R: Sendable>(for body: @escaping @Sendable () async -> R) -> R {
  let done = DispatchSemaphore(value: 0)
  let result = Result<R>()
  Task.detached {
    let value = await body()
    result.value.withLock { $0 = value }
    done.signal()
  }
  while true {
    done.wait()
    if let value = result.value.withLock({ $0 }) { return value }
  }
}

private final class Result<R: Sendable>: Sendable {
  let value = Mutex<R?>(nil)
}
