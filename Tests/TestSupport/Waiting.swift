import Glibc

/// Looks until `condition` holds; for what happens in other processes, which tell nobody.
public func wait(
  for what: String, seconds: Double = 20, until condition: () throws -> Bool
) async throws {
  var patience = Patience(seconds: seconds)
  while !(try condition()) {
    try patience.spend(on: what)
    // Gives way to what is waited for; the condition alone ends the wait.
    try await Task.sleep(for: .milliseconds(10))
  }
}

/// How long somebody looks for something.
///
/// Hundreds of tests share two threads: a test may not run for half a minute, nor what it waits for. Between two looks
/// no more than half a second counts, so that a busy machine is not taken for a program that hangs.
public struct Patience {
  private let seconds: Double
  private var left: Duration
  private var last = ContinuousClock.now

  public init(seconds: Double) {
    self.seconds = seconds
    left = .seconds(seconds)
  }

  /// To be called after every look in vain.
  public mutating func spend(on what: String, seeing sight: @autoclosure () -> String? = nil) throws {
    let now = ContinuousClock.now
    left -= min(now - last, .milliseconds(500))
    last = now
    guard left <= .zero else { return }
    throw TestError("waited \(seconds) s in vain for \(what)" + (sight().map { "; there was\n\($0)" } ?? ""))
  }
}

/// Ids of the live processes whose command line holds `text`.
public func processes(matching text: String) -> [pid_t] {
  guard let directory = opendir("/proc") else { return [] }
  defer { closedir(directory) }
  var found: [pid_t] = []
  while let item = readdir(directory) {
    let name = withUnsafePointer(to: &item.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard let pid = pid_t(name), pid != getpid(), isAlive(pid), let line = contents("/proc/\(pid)/cmdline") else {
      continue
    }
    if line.contains(text) { found.append(pid) }
  }
  return found
}

/// Whether the process exists and is no zombie.
public func isAlive(_ pid: pid_t) -> Bool {
  guard let status = contents("/proc/\(pid)/stat"), let close = status.lastIndex(of: ")") else { return false }
  return !status[close...].hasPrefix(") Z") && !status[close...].hasPrefix(") X")
}

/// The parent of a process, or -1.
public func parent(of pid: pid_t) -> pid_t {
  guard let stat = contents("/proc/\(pid)/stat"), let close = stat.lastIndex(of: ")") else { return -1 }
  return pid_t(stat[close...].split(separator: " ")[2]) ?? -1
}
