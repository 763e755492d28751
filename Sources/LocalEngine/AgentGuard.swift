import Glibc
import Platform

/// The process between a host and its agent: it waits for the agent's end, and then kills whatever the agent left. An agent
/// whose host is gone ends by itself; one that does not, because it is blocked or stopped, is ended by the guard.
///
/// With it, host and agent may even be killed at the same moment: their orphans become the guard's children. It is
/// forked from the agent before that does anything, so it costs no start of its own and next to no memory.
enum AgentGuard {
  /// Splits this process in two: the caller goes on as the agent, in the child.
  ///
  /// - Throws: `HelperLinkError` when the system refuses.
  static func guardThisProcess() throws {
    let agent: pid_t
    let host = getppid()
    do {
      try ThisProcess.becomeSubreaper()
      // The agent ends in order when its guard is killed.
      agent = try ThisProcess.fork(endingWith: SIGTERM)
    } catch { throw HelperLinkError(description: "no guard: \(error)") }
    if agent > 0 { exit(as: awaitEnd(of: agent, host: host)) }
  }

  /// What an agent gets to end in whose host is gone: more than its own grace periods together.
  private static let patience = Duration.seconds(8)
  /// Milliseconds between two looks whether the host is gone that has closed its end of the line.
  private static let interval: Int32 = 250
  /// POLLRDHUP, which Glibc's headers offer to GNU programs only.
  private static let readHangUp = 0x2000

  private static func awaitEnd(of agent: pid_t, host: pid_t) -> Int32 {
    ThisProcess.setName("scalems-guard")
    // The host must see the end of the agent's output. Its end of standard input is watched, and never read.
    close(STDOUT_FILENO)
    for number in [SIGINT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU] { signal(number, SIG_IGN) }
    // SIGTERM ends the guard, and with that the agent gets its own.
    var status: Int32 = 0
    let poller = try? Poller()
    poller?.watch(SIGCHLD)
    var isLineClosed = false
    var killTime: ContinuousClock.Instant?
    while true {
      let ended = waitpid(-1, &status, poller == nil ? 0 : WNOHANG)
      if ended == agent || (ended < 0 && errno != EINTR) { break }
      guard ended <= 0, let poller else { continue }
      var line = [pollfd(fd: isLineClosed ? -1 : STDIN_FILENO, events: Int16(readHangUp), revents: 0)]
      _ = poller.sleep(on: &line, milliseconds: isLineClosed ? interval : -1)
      // A host that lives has deadlines of its own for its agent.
      isLineClosed = isLineClosed || line[0].revents != 0
      guard isLineClosed, getppid() != host else { continue }
      let time = killTime ?? .now + patience
      killTime = time
      if time <= .now {
        kill(agent, SIGKILL)
        break
      }
    }
    ProcessTable.killDescendants()
    LaunchScratch.removeStale()
    return status
  }

  /// Ends this process the way the agent ended.
  private static func exit(as status: Int32) -> Never {
    let number = status & 0x7f
    if number != 0 {
      signal(number, SIG_DFL)
      kill(getpid(), number)
    }
    _exit((status >> 8) & 0xff)
  }
}
