import Glibc
import Platform

/// A wall clock that programs see instead of the machine's, and a test sets.
public final class WallClock {
  private static let library: String? = {
    // What is static is never given back.
    atexit { if let path = WallClock.directory?.path { removeTree(path) } }
    guard let directory, (try? directory.write(source, to: "clock.c")) != nil else { return nil }
    let path = "\(directory.path)/clock.so"
    let outcome = ["clang", "cc"].lazy.compactMap {
      ExternalCommand.runToEnd($0, ["-shared", "-fPIC", "\(directory.path)/clock.c", "-o", path], limit: .seconds(60))
    }.first
    return outcome?.status == 0 ? path : nil
  }()
  private static let directory = try? TemporaryDirectory()

  private let place: TemporaryDirectory

  /// For programs that are started with it.
  public let environment: [String: String]

  /// - Parameter offset: seconds that it is ahead of the machine's.
  /// - Throws: `TestError` when its library cannot be made.
  public init(offset: Int) throws {
    guard let library = Self.library else { throw TestError("no library could be made for another clock") }
    place = try TemporaryDirectory()
    environment = ["LD_PRELOAD": library, "TEST_CLOCK": "\(place.path)/offset"]
    try set(offset: offset)
  }

  /// Sets it, for programs that run, too.
  public func set(offset: Int) throws {
    try place.write("\(offset)", to: "new")
    rename("\(place.path)/new", "\(place.path)/offset")
  }

  private static let source = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static long offset(void) {
      char text[32] = "";
      const char *name = getenv("TEST_CLOCK");
      int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
      if (file < 0) return 0;
      long count = read(file, text, sizeof text - 1);
      close(file);
      return count > 0 ? atol(text) : 0;
    }
    int clock_gettime(clockid_t clock, struct timespec *time) {
      int result = syscall(SYS_clock_gettime, clock, time);
      if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset();
      return result;
    }
    time_t time(time_t *result) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (result) *result = now.tv_sec;
      return now.tv_sec;
    }
    int gettimeofday(struct timeval *result, void *zone) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      result->tv_sec = now.tv_sec;
      result->tv_usec = now.tv_nsec / 1000;
      return 0;
    }
    """
}
