import Glibc

/// A program that starts the ranks of an MPI program.
public struct MPILauncher: Equatable, Sendable {
  public var path: String
  /// What it starts, `nil` when it does not say; of `srun`, which starts both, what the program is.
  public var family: MPIFamily?

  public init(path: String, family: MPIFamily?) {
    self.path = path
    self.family = family
  }

  public var isSrun: Bool { Self.name(of: path) == "srun" }

  /// Why no launcher can be used; the sentence speaks of "it", the program.
  public struct Problem: Error, CustomStringConvertible, Sendable {
    public var description: String
    /// Whether there is none, and not one of the wrong kind.
    public var isMissing: Bool
  }

  /// What a program is started by, when the one who asks does not say.
  private static let names = [
    "mpirun", "mpiexec", "mpiexec.hydra", "mpirun.openmpi", "mpiexec.openmpi", "mpirun.mpich", "mpiexec.mpich",
    "orterun", "prterun",
  ]
  /// More launchers than one finds on a machine.
  private static let tryLimit = 40

  /// The launcher that belongs to a program.
  ///
  /// - Parameters:
  ///   - name: of the launcher; any of MPI when `nil`, and `srun` where there is no other and Slurm gave a job.
  ///   - program: the path of the program; `nil` when it is not known, or tells nothing.
  ///   - searchPath: where launchers are looked for, as `PATH`.
  ///   - libraryPath: `LD_LIBRARY_PATH` of the program; this process's when `nil`.
  ///   - hasJob: whether the session runs in a job of Slurm.
  public static func choose(
    _ name: String?, for program: String?, searchPath: String, libraryPath: String? = nil, hasJob: Bool
  ) throws(Problem) -> MPILauncher {
    let libraries = program.flatMap { ProgramLibraries(of: $0, libraryPath: libraryPath) }
    if let name {
      guard let path = programPath(name, in: searchPath) else {
        throw Problem(description: "'\(name)' was not found in PATH", isMissing: true)
      }
      let launcher = MPILauncher(path: path, family: name == "srun" ? libraries?.family : self.family(of: path))
      try launcher.require(libraries?.family, program ?? "")
      return launcher
    }
    var other: MPILauncher?
    // One that was installed with the program's own library knows it best.
    let beside = (libraries?.mpiDirectories ?? []).map { $0 + "/../bin" }
    let directories = beside + searchPath.split(separator: ":").map(String.init)
    var tries = 0
    for directory in directories {
      for name in names {
        guard tries < tryLimit, let path = programPath(name, in: directory) else { continue }
        tries += 1
        let launcher = MPILauncher(path: path, family: self.family(of: path))
        guard let wanted = libraries?.family, let family = launcher.family, wanted != family else { return launcher }
        other = other ?? launcher
      }
    }
    if let other { try other.require(libraries?.family, program ?? "") }
    if hasJob, let path = programPath("srun", in: searchPath) {
      return MPILauncher(path: path, family: libraries?.family)
    }
    throw Problem(description: "no MPI launcher (mpirun or mpiexec) was found in PATH", isMissing: true)
  }

  /// - Throws: when a program of `wanted` would compute as often as it has ranks, each for itself.
  public func require(_ wanted: MPIFamily?, _ program: String) throws(Problem) {
    guard let wanted, let family, wanted != family else { return }
    throw Problem(
      description: "'\(program)' is linked with \(wanted.rawValue), and \(path) is a launcher of \(family.rawValue): "
        + "every rank would take itself for the only one", isMissing: false)
  }

  public static func family(of launcher: String) -> MPIFamily? {
    guard let outcome = ExternalCommand.runToEnd(launcher, ["--version"], limit: .seconds(10)) else { return nil }
    return MPIFamily(launcherSays: outcome.stdout + outcome.stderr)
  }

  private static func name(of path: String) -> Substring { path.split(separator: "/").last ?? "" }

  private static let programs: Set<String> = [
    "mpirun", "mpiexec", "mpiexec.hydra", "mpiexec.gforker", "orterun", "prterun", "prte", "srun", "jsrun", "aprun",
    "mpirun_rsh", "mpiexec.openmpi", "mpirun.openmpi", "mpiexec.mpich", "mpirun.mpich",
  ]

  /// Whether a process is a launcher, and no script that calls one: it ends what it started, and cleans up after it,
  /// when it is the only one that is told to end.
  public static func isRunning(as pid: pid_t) -> Bool {
    guard let path = linkTarget("/proc/\(pid)/exe") else { return false }
    return programs.contains(String(name(of: path)))
  }
}
