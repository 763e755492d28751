import Platform
import SessionModel
import Work

/// What RADICAL-Pilot's agent writes of a task when it starts it, `<task>/<task>.exec.sh`: the only place that says the
/// name and the command line of a task that runs.
enum TaskScript {
  /// Behind a page or two come the lines that count; a long environment may stand before them.
  private static let longest = 1 << 18

  /// - Returns: `nil` when there is none (yet).
  static func facts(of uid: String, in pilot: String) -> TaskFacts? {
    guard !uid.contains("/"),
      let bytes = try? readFile("\(pilot)/\(uid)/\(uid).exec.sh", limit: longest)
    else { return nil }
    return facts(of: uid, String(decoding: bytes, as: UTF8.self))
  }

  static func facts(of uid: String, _ text: String) -> TaskFacts {
    var description = TaskDescription(name: uid)
    var isNext = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if isNext {
        isNext = false
        // Started in the background, by its rank.
        let command = line.hasSuffix(" &") ? line.dropLast(2) : line
        description.argv = [String(command)]
      } else if line.hasPrefix("$RP_PROF rank_start") {
        isNext = true
      } else if line.hasPrefix("export ") {
        let parts = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { continue }
        let value = parts[1].filter { $0 != "\"" }
        switch parts[0] {
        case "RP_TASK_NAME": if !value.isEmpty { description.name = String(value) }
        case "RP_RANKS": description.resources.ranks = plausible(Int(value), atLeast: 1) ?? 1
        case "RP_CORES_PER_RANK": description.resources.coresPerRank = plausible(Int(value), atLeast: 1) ?? 1
        case "RP_GPUS_PER_RANK": description.resources.gpusPerRank = plausible(Int(value)) ?? 0
        default: break
        }
      }
    }
    var facts = TaskFacts(uid: uid)
    facts.description = description
    let command = description.argv.first ?? ""
    if command.contains("radical-pilot-raptor-master") || command.contains("raptor.master") {
      facts.mode = "raptor.master"
    } else if command.contains("radical-pilot-raptor-worker") {
      facts.mode = "raptor.worker"
      // After its file and its class.
      facts.raptor = command.split(separator: " ").last.map { $0.filter { $0 != "\"" } }
    }
    return facts
  }
}
