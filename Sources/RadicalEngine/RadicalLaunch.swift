@preconcurrency import Dispatch
import Glibc
import Platform
import Work

/// What RADICAL-Pilot would launch tasks with on this machine. Elsewhere only its agent knows.
public enum RadicalLaunch {
  /// In RP's order (`agent/launch_method/mpiexec.py`, `mpirun.py`).
  private static let names = ["mpiexec", "mpiexec.mpich", "mpiexec.hydra", "mpiexec.openmpi", "mpirun"]

  /// Open MPI refuses root, as on shared machines it should; who runs sessions as root has decided already.
  static var permissions: [(String, String)] {
    geteuid() == 0 ? [("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")] : []
  }

  /// What is wrong with the first of the items that cannot be launched, if any.
  public static func fault(of items: [WorkItem], on resource: String) async -> String? {
    let launched = items.filter(\.description.usesLauncher)
    guard !launched.isEmpty, TaskMapping.isOnThisMachine(resource) else { return nil }
    return await withCheckedContinuation { continuation in
      // It runs programs and waits for them, which the threads of the cooperative pool must not.
      DispatchQueue(label: "launch-check").async { continuation.resume(returning: firstFault(of: launched)) }
    }
  }

  private static func firstFault(of items: [WorkItem]) -> String? {
    guard let first = items.first else { return nil }
    let path = ProcessEnvironment().path
    guard let launcher = names.lazy.compactMap({ programPath($0, in: path) }).first else {
      return
        "task '\(first.description.name)' cannot be launched: RADICAL-Pilot found no mpiexec and no mpirun in PATH; "
        + "load a module that has one before the session, or write 'launcher: none' for plain processes"
    }
    let chosen = MPILauncher(path: launcher, family: MPILauncher.family(of: launcher))
    for item in items.prefix(50) {
      let description = item.description
      // A relative path is one in the task's directory, where nothing is yet; pre_exec may bring other libraries.
      guard description.preExec.isEmpty, let name = description.rankProgram, !name.contains("/") || name.hasPrefix("/"),
        let program = programPath(name, in: path),
        let libraries = ProgramLibraries(of: program, libraryPath: description.environment["LD_LIBRARY_PATH"])
      else { continue }
      do { try chosen.require(libraries.family, program) } catch {
        return
          "task '\(description.name)' cannot be launched: \(error); RADICAL-Pilot takes the first mpiexec in PATH: "
          + "put that of the program's own MPI there"
      }
    }
    return nil
  }
}
