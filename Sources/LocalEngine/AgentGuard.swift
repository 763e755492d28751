import Glibc
import Platform

/// The process between a host and its agent: it only waits for the agent's end, and then kills whatever the agent left.
///
/// With it, host and agent may even be killed at the same moment: their orphans become the guard's children. It is
/// forked from the agent before that does anything, so it costs no start of its own and next to no memory.
enum AgentGuard {
  /// Splits this process in two: the caller goes on as the agent, in the child.
  ///
  /// - Throws: `HelperLinkError` when the system refuses.
  static func guardThisProcess() throws {
    let agent: pid_t
    do {
      try ThisProcess.becomeSubreaper()
      // The agent ends in order when its guard is killed.
      agent = try ThisProcess.fork(endingWith: SIGTERM)
    } catch { throw HelperLinkError(description: "no guard: \(error)") }
    if agent > 0 { exit(as: awaitEnd(of: agent)) }
  }

  private static func awaitEnd(of agent: pid_t) -> Int32 {
    ThisProcess.setName("scalems-guard")
    // The host must see the end of the agent's output, and the agent that of its host.
    close(STDIN_FILENO)
    close(STDOUT_FILENO)
    for number in [SIGINT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU] { signal(number, SIG_IGN) }
    // SIGTERM ends the guard, and with that the agent gets its own.
    var status: Int32 = 0
    while true {
      let ended = waitpid(-1, &status, 0)
      if ended == agent || (ended < 0 && errno != EINTR) { break }
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
