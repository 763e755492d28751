#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Lets one thread wait until another says something, and at most for a time.
///
/// The time is measured by a clock that nobody can set. A wait of Dispatch is not: it ends when the wall clock says so. A
/// clock that is set back makes it longer by as much, and with one before 1970 it never ends.
public final class AutoResetEvent: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Behind the mutex.
  private var isSet = false

  /// An event that is not set.
  public init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Ends the wait under way, or else the next one. Setting it twice is the same as once.
  public func set() {
    pthread_mutex_lock(mutex)
    isSet = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Forgets that it was set.
  public func reset() {
    pthread_mutex_lock(mutex)
    isSet = false
    pthread_mutex_unlock(mutex)
  }

  /// Waits until it is set, and resets it.
  ///
  /// - Parameter limit: what is not positive does not wait.
  /// - Returns: false when it was not set within that time.
  public func wait(atMost limit: Duration) -> Bool {
    let end = Self.time(after: limit)
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isSet {
      guard limit > .zero else { return false }
      var end = end
      guard pthread_cond_timedwait(condition, mutex, &end) == 0 else { break }
    }
    defer { isSet = false }
    return isSet
  }

  /// A day is for ever: whoever waits longer asks again.
  private static func time(after limit: Duration) -> timespec {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let (seconds, attoseconds) = min(max(limit, .zero), .seconds(86400)).components
    let nanoseconds = Int64(time.tv_nsec) + attoseconds / 1_000_000_000
    time.tv_sec += Int(seconds + nanoseconds / 1_000_000_000)
    time.tv_nsec = Int(nanoseconds % 1_000_000_000)
    return time
  }
}
