import Platform
import Work

extension RPTask {
  /// Says what a task holds, and who starts its ranks: RP's launcher, or nobody.
  ///
  /// RP starts several ranks by a launcher of MPI in any case. Plain ranks are one rank to it that holds the cores of
  /// all, so they are on one node.
  mutating func hold(_ description: TaskDescription) {
    let resources = description.resources
    if PlainRanks.areWanted(by: description) {
      coresPerRank = resources.cores
      gpusPerRank = Double(resources.gpus)
    } else {
      ranks = resources.ranks
      coresPerRank = resources.coresPerRank
      gpusPerRank = Double(resources.gpusPerRank)
      if description.usesLauncher, ranks == 1 { useMPI = true }
    }
  }
}

/// Where a launcher keeps what it leaves when it is killed: RP kills it after a tenth of a second. It goes with the
/// task, or else with the session.
struct RankScratch {
  private let directory: String

  /// - Returns: `nil` for a task without a launcher, and on another machine.
  init?(of task: ResolvedTask, in scratch: String?) {
    guard let scratch, task.description.usesLauncher else { return nil }
    directory = TaskCommand.quoted("\(scratch)/\(task.id.uid)")
  }

  var before: [String] {
    let exports = LaunchScratch.variables.map { "\($0)=\"${\($0):-$SCALEMS_SCRATCH}\"" }.joined(separator: " ")
    return ["{ SCALEMS_SCRATCH=\(directory); mkdir -p -- \"$SCALEMS_SCRATCH\" && export \(exports); }"]
  }
  var after: [String] { ["rm -rf -- \(directory)"] }
}

/// Several ranks that are processes by themselves, where RP can start one: `run_task.py` starts them.
enum PlainRanks {
  static func areWanted(by description: TaskDescription) -> Bool {
    description.function == nil && description.resources.ranks > 1 && !description.usesLauncher
  }
}
