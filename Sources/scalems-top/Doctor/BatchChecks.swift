import Glibc
import Platform

/// The batch systems RADICAL-Pilot submits to, by the scheme of a resource's endpoint, and what submits there.
private let submitters = [
  "slurm": "sbatch", "pbspro": "qsub", "pbs": "qsub", "torque": "qsub", "lsf": "bsub", "cobalt": "qsub", "sge": "qsub",
  "loadl": "llsubmit",
]

extension Check {
  /// The endpoint of the resource that is to be used.
  private static func endpoint(_ context: CheckContext) -> String? {
    guard let name = context.resource, let resource = context.probe?.resources?[name] else { return nil }
    return resource.schemas[resource.usual]
  }

  @Sendable static func checkBatchSystem(_ context: CheckContext) -> Finding? {
    guard let endpoint = endpoint(context) else { return nil }
    let scheme = String(endpoint.prefix { $0 != ":" })
    if scheme.contains("ssh") {
      return .warn("\(endpoint) is reached over ssh", "Not looked at: see that 'ssh' there works without a password.")
    }
    if scheme == "slurm", let job = getenv("SLURM_JOB_ID") {
      return .ok("none: pilots run inside of this Slurm job, \(String(cString: job))")
    }
    guard let program = submitters[scheme] else { return .ok("none: \(endpoint) starts processes of this machine") }
    guard let path = programPath(program, in: ProcessEnvironment().path) else {
      return .fail(
        "'\(program)' is not in PATH", "\(endpoint) submits with it: run scalems-top on a login node of that machine.")
    }
    return .ok(path)
  }

  @Sendable static func checkSlurm(_ context: CheckContext) async -> Finding? {
    let isWanted = getenv("SLURM_JOB_ID") == nil && endpoint(context)?.hasPrefix("slurm:") ?? false
    guard programPath("sinfo", in: ProcessEnvironment().path) != nil else { return nil }
    let level = isWanted ? Finding.Level.fail : .warn
    guard let outcome = await ExternalCommand.run("sinfo", ["-h", "-o", "%P %a %D"], limit: .seconds(10)) else {
      return Finding(
        level: level, words: "'sinfo' does not answer within 10 s",
        advice: "Wait, or tell the administrators: no pilot can be submitted.")
    }
    let lines = outcome.stdout.split(separator: "\n").map { $0.split(separator: " ") }
    let up = lines.filter { $0.count == 3 && $0[1] == "up" }.map { "\($0[0]) (\($0[2]) nodes)" }
    guard outcome.status == 0, !up.isEmpty else {
      let reason = outcome.stderr.split(separator: "\n").first.map(String.init) ?? "no partition is up"
      return Finding(level: level, words: reason, advice: "Tell the administrators: no pilot can be submitted.")
    }
    let more = up.count > 4 ? ", and \(up.count - 4) more" : ""
    return .ok("answers; up are \(up.prefix(4).joined(separator: ", "))\(more)")
  }
}
