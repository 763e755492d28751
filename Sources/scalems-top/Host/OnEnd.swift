import Glibc
import Platform
import SessionModel
import Words
import Work

/// What a user wants to be run when a session has ended: by the process that kept it, when its record is complete.
struct OnEnd {
  /// For `/bin/sh -c`.
  let command: String
  let info: SessionInfo

  /// The command must not keep the process for ever.
  static let limit = Duration.seconds(60)

  /// What it is told by its environment.
  static func variables(_ summary: SessionSummary, _ info: SessionInfo, exit: Int32) -> [(String, String)] {
    func count(_ state: TaskState) -> String { String(summary.tasks[state.name] ?? 0) }
    return [
      (TaskVariables.session, info.id), ("SCALEMS_SESSION_NAME", info.name),
      (TaskVariables.sessionDirectory, info.directory), ("SCALEMS_EXIT", String(exit)),
      ("SCALEMS_TASKS", String(summary.tasks.values.reduce(0, +))), ("SCALEMS_DONE", count(.done)),
      ("SCALEMS_FAILED", count(.failed)), ("SCALEMS_CANCELED", count(.canceled)),
      ("SCALEMS_NOT_RUN", String(summary.notRun)), ("SCALEMS_SECONDS", Format.tenths(summary.wall)),
    ]
  }

  /// Runs the command to its end. What it prints goes to standard error: standard output may be read by a program.
  func run(_ summary: SessionSummary, exit: Int32) {
    let start = ProcessStart(
      program: "/bin/sh", arguments: ["sh", "-c", command], output: STDERR_FILENO, error: STDERR_FILENO,
      diesWithParent: false)
    let pid = ProcessEnvironment().with(Self.variables(summary, info, exit: exit)) { start.run(environment: $0) }
    guard pid > 0 else { return complain("scalems-top: --on-end could not be started: \(errorText(-pid))") }
    let deadline = ContinuousClock.now + Self.limit
    while true {
      var status: Int32 = 0
      let ended = waitpid(pid, &status, WNOHANG)
      if ended == pid {
        let code = WaitStatus(raw: status).shellCode
        if code != 0 { complain("scalems-top: the command of --on-end ended with \(code)") }
        return
      }
      guard ended == 0 || errno == EINTR else { return }
      guard ContinuousClock.now < deadline else { break }
      usleep(10_000)
    }
    // It has a process group of its own.
    kill(-pid, SIGKILL)
    waitpid(pid, nil, 0)
    complain(
      "scalems-top: the command of --on-end took more than \(Format.plainSeconds(Self.limit.seconds)) and was killed")
  }
}
