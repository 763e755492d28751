import Glibc
import Platform
import Work

/// The environment that every task of this machine begins with.
enum TaskEnvironment {
  /// That of this process, without what an outer launcher said of it, and with defaults for MPI.
  static func make() -> ProcessEnvironment {
    ProcessEnvironment(without: OuterVariables.names(in:), defaults: defaults(isRoot: getuid() == 0))
  }

  /// Open MPI binds ranks to cores of its own choice, the same for every launcher, and does not know what the pilot
  /// has given out: here it leaves them where they are, however many. By variables, so that it holds for the launchers
  /// that users call themselves, too. Generation 4 reads the first two, generation 5 those of PRRTE.
  static func defaults(isRoot: Bool) -> [(String, String)] {
    let placing = [
      ("OMPI_MCA_hwloc_base_binding_policy", "none"), ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
      ("PRTE_MCA_hwloc_default_binding_policy", "none"), ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ]
    // It refuses root, as on shared machines it should; who runs sessions as root (in a container) has decided already.
    let permissions = ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"].map { ($0, "1") }
    return placing + (isRoot ? permissions : [])
  }
}
