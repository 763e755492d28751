import Glibc
import Platform
import Work

/// How an agent has the ranks of a task started by a launcher, and what it has to know of that afterwards.
///
/// The launcher is chosen where the task runs, in its directory and environment, after its `pre_exec` (which may load
/// the module that brings it): by this program, see `LaunchHelper`, which then becomes the launcher.
final class RankLaunch {
  private var scratch: LaunchScratch?

  /// What stands before the program and its arguments.
  func prefix(of task: RunningTask) -> [String] {
    let description = task.item.description
    if scratch == nil { scratch = LaunchScratch() }
    task.scratch = scratch?.make(task.item.id.uid)
    // This program, also when its file was replaced meanwhile.
    return ["/proc/\(getpid())/exe"]
      + LaunchOrder(
        launcher: description.launcher, ranks: max(1, description.resources.ranks), cores: task.slots.cores,
        scratch: task.scratch, program: description.rankProgram
      ).arguments
  }

  /// How the exit code of a launcher reads; it may stand for a signal that ended a rank.
  func words(exitCode: Int, of task: RunningTask) -> String {
    let family = task.scratch.flatMap { try? readFile("\($0)/\(LaunchOrder.familyFile)", limit: 64) }
    switch family.flatMap({ MPIFamily(rawValue: String(decoding: $0, as: UTF8.self)) }) {
    case .mpich? where (1...31).contains(exitCode): return "exit \(exitCode) (or signal \(exitCode))"
    case .openMPI? where (129...159).contains(exitCode): return "exit \(exitCode) (signal \(exitCode - 128))"
    default: return "exit \(exitCode)"
    }
  }

  func close() { scratch = nil }

  /// Forgets a task whose processes are gone.
  func ended(_ task: RunningTask) {
    guard let directory = task.scratch else { return }
    LaunchScratch.remove(directory)
    task.scratch = nil
  }
}

/// What `scalems-top launch-ranks` is told, by its arguments.
struct LaunchOrder: Equatable {
  static let word = "launch-ranks"
  /// Where it leaves what kind of launcher it chose.
  static let familyFile = "family"

  var launcher: Launcher
  var ranks: Int
  /// Empty when ranks are not bound.
  var cores: [Int]
  /// A directory for what MPI keeps beside its processes.
  var scratch: String?
  /// The program that tells by its libraries what launcher it belongs to.
  var program: String?

  var arguments: [String] {
    [
      Self.word, launcher.rawValue, String(ranks), cores.map(String.init).joined(separator: ","), scratch ?? "",
      program ?? "",
    ]
  }

  init(launcher: Launcher, ranks: Int, cores: [Int], scratch: String?, program: String?) {
    self.launcher = launcher
    self.ranks = ranks
    self.cores = cores
    self.scratch = scratch
    self.program = program
  }

  /// - Parameter words: the arguments, from `word` on; the program's follow them.
  init?(_ words: ArraySlice<String>) {
    let words = Array(words)
    guard words.count > 6, words[0] == Self.word, let launcher = Launcher(rawValue: words[1]),
      let ranks = Int(words[2]), ranks > 0
    else { return nil }
    self.init(
      launcher: launcher, ranks: ranks, cores: words[3].split(separator: ",").compactMap { Int($0) },
      scratch: words[4].isEmpty ? nil : words[4], program: words[5].isEmpty ? nil : words[5])
  }

  static let count = 6
}
