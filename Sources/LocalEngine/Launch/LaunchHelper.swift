import Glibc
import Platform
import Work

/// Two short lives of this program at the start of a task with a launcher: the first becomes the launcher, the second,
/// once a rank, becomes the program.
public enum LaunchHelper {
  /// Does what the arguments ask for; returns only when they ask for neither.
  public static func becomeIfAsked(_ arguments: [String]) {
    guard arguments.count >= 2 else { return }
    if arguments[1] == LaunchOrder.word, let order = LaunchOrder(arguments[1...]) {
      launch(order, this: arguments[0], command: Array(arguments[(1 + LaunchOrder.count)...]))
    }
    if arguments[1] == RankOrder.word, let order = RankOrder(arguments[1...]) {
      becomeRank(order, command: Array(arguments[(1 + RankOrder.count)...]))
    }
  }

  // MARK: The launcher

  private static func launch(_ order: LaunchOrder, this program: String, command: [String]) -> Never {
    let path = variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    if let name = command.first, programPath(name, in: path) == nil {
      fail("the program '\(name)' was not found in PATH", 127)
    }
    let job = outerSlurm(of: program)
    let launcher: MPILauncher
    do {
      launcher = try MPILauncher.choose(
        order.launcher.program, for: order.program.flatMap { programPath($0, in: path) }, searchPath: path,
        hasJob: job.contains { $0.name == "SLURM_JOB_ID" })
    } catch { fail("\(error)\(LaunchCheck.advice(error, ranks: order.ranks))", error.isMissing ? 127 : 126) }
    var words = [launcher.path, "-n", String(order.ranks)]
    if launcher.isSrun {
      // What Slurm said of the session is what srun goes by.
      for (name, value) in job { setenv(name, value, 1) }
      switch launcher.family {
      case .openMPI?: words.append("--mpi=pmix")
      case .mpich?: words.append("--mpi=pmi2")
      case nil: break
      }
      // Else it goes by the cores that a task of the session's own step has.
      if let cores = variable(TaskVariables.coresPerRank) { words.append("--cpus-per-task=\(cores)") }
      // In a step of a job the step's own processors are taken, by the session.
      if job.contains(where: { $0.name == "SLURM_STEP_ID" }) { words.append("--overlap") }
    }
    if let scratch = order.scratch { use(scratch, launcher) }
    // srun binds ranks itself, and may start them elsewhere.
    let ranks = RankOrder(ranks: order.ranks, cores: launcher.isSrun ? [] : order.cores)
    let own = launcher.isSrun ? linkTarget("/proc/self/exe") ?? program : program
    become(launcher.path, words + [own] + ranks.arguments + command)
  }

  /// Keeps what MPI leaves beside its processes in one place, unless the user has chosen others.
  private static func use(_ scratch: String, _ launcher: MPILauncher) {
    // srun tells a signal by other codes.
    if let family = launcher.family, !launcher.isSrun {
      try? writeFile("\(scratch)/\(LaunchOrder.familyFile)", Array(family.rawValue.utf8))
    }
    for name in LaunchScratch.variables { setenv(name, scratch, 0) }
  }

  /// What Slurm told the session, which tasks are not told; from the environment of the process that this program is
  /// named by.
  private static func outerSlurm(of program: String) -> [(name: String, value: String)] {
    guard program.hasPrefix("/proc/"), program.hasSuffix("/exe"),
      let bytes = try? readFile(program.dropLast("exe".count) + "environ", limit: 4 << 20)
    else { return [] }
    return bytes.split(separator: 0).compactMap { entry in
      let text = String(decoding: entry, as: UTF8.self)
      guard let equals = text.firstIndex(of: "="), OuterVariables.isOfSlurm(String(text[..<equals])) else { return nil }
      return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
  }

  // MARK: A rank

  private static func becomeRank(_ order: RankOrder, command: [String]) -> Never {
    let number = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PALS_RANKID", "SLURM_PROCID"].lazy
      .compactMap(variable).compactMap { Int($0) }.first
    guard let number else { fail("the launcher did not tell this process which rank it is", 126) }
    setenv(TaskVariables.rank, String(number), 1)
    let cores = TaskSlots(cores: order.cores).cores(ofRank: number, of: order.ranks)
    if !cores.isEmpty { CoreMask(cores).bindThisProcess() }
    // The first rank has the task's input. With MPICH the others have one that never ends, and would wait for it.
    if number > 0, case let null = open("/dev/null", O_RDONLY | O_CLOEXEC), null >= 0 { dup2(null, 0) }
    let path = variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    become(command.first.flatMap { programPath($0, in: path) } ?? "", command)
  }

  // MARK: Means

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func become(_ path: String, _ words: [String]) -> Never {
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    execv(path, &argv)
    fail("'\(words.first ?? "")' could not be started: \(errorText())", errno == ENOENT ? 127 : 126)
  }

  private static func fail(_ text: String, _ code: Int32) -> Never {
    complain("scalems-top: \(text)")
    _exit(code)
  }
}

/// What `scalems-top become-rank` is told, by its arguments.
struct RankOrder: Equatable {
  static let word = "become-rank"
  static let count = 3
  var ranks: Int
  var cores: [Int]

  var arguments: [String] { [Self.word, String(ranks), cores.map(String.init).joined(separator: ",")] }

  init(ranks: Int, cores: [Int]) {
    self.ranks = ranks
    self.cores = cores
  }

  /// - Parameter words: the arguments, from `word` on; the program's follow them.
  init?(_ words: ArraySlice<String>) {
    let words = Array(words)
    guard words.count > Self.count, words[0] == Self.word, let ranks = Int(words[1]), ranks > 0 else { return nil }
    self.init(ranks: ranks, cores: words[2].split(separator: ",").compactMap { Int($0) })
  }
}

extension Launcher {
  /// The name of the program; `nil` when it is to be looked for.
  var program: String? {
    switch self {
    case .auto, .none: nil
    case .mpirun, .mpiexec, .srun: rawValue
    }
  }
}
