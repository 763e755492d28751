import Glibc
import Platform
import TestSupport

@testable import RadicalEngine

/// Runs a task as RADICAL-Pilot's agent does: by two shell scripts made of its description, one for the launch and one
/// for the program (RP 1.103, `agent/executing/base.py`).
struct RPScripts {
  var shell = "/bin/sh"
  /// The task's directory.
  var sandbox: String

  /// - Returns: RP's exit code of the task, and what the scripts said beside the task's own files.
  func run(_ task: RPTask) async throws -> ExternalCommand.Outcome {
    try writeFile("\(sandbox)/\(task.uid).exec.sh", Array(program(task).utf8))
    try writeFile("\(sandbox)/\(task.uid).launch.sh", Array(launch(task).utf8))
    guard chmod("\(sandbox)/\(task.uid).exec.sh", 0o700) == 0,
      let outcome = await ExternalCommand.run(
        shell, ["\(sandbox)/\(task.uid).launch.sh"], environment: [("RP_TASK_SANDBOX", sandbox)], directory: sandbox,
        limit: .seconds(20))
    else { throw TestError("the scripts of \(task.uid) did not run") }
    return outcome
  }

  private static let head = """
    rp_error() {
        echo "$1 failed" 1>&2
        exit 1
    }

    """

  private func launch(_ task: RPTask) -> String {
    Self.head + "export RP_TASK_NAME=\"\(task.name ?? task.uid)\"\ncd $RP_TASK_SANDBOX\n"
      + commands(task.preLaunch, "pre_launch") + """
        ( \\
          \(shell) $RP_TASK_SANDBOX/\(task.uid).exec.sh \\
        ) 1> $RP_TASK_SANDBOX/\(task.stdout ?? "out") \\
          2> $RP_TASK_SANDBOX/\(task.stderr ?? "err")
        RP_RET=$?

        """ + commands(task.postLaunch, "post_launch") + "exit $RP_RET\n"
  }

  private func program(_ task: RPTask) -> String {
    let variables = (task.environment ?? [:]).map { "export \($0)=\"\($1)\"\n" }.joined()
    let arguments = (task.arguments ?? []).map(Self.quoted).joined(separator: " ")
    return Self.head + "export RP_RANK=0\n" + variables + commands(task.preExec, "pre_exec")
      + "\(task.executable ?? "") \(arguments) &\nwait $!\nRP_RET=$?\nexit $RP_RET\n"
  }

  private func commands(_ commands: [String]?, _ what: String) -> String {
    (commands ?? []).map { "\($0) || rp_error \(what)\n" }.joined()
  }

  /// RP's `sh_quote`.
  private static func quoted(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\\" || scalar == "\"" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    return "\"\(result)\""
  }
}
