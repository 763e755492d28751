/// The two kinds of MPI: a program of one is not started together by a launcher of the other, each of its ranks takes
/// itself for the only one.
public enum MPIFamily: String, Sendable {
  case openMPI = "Open MPI"
  /// MPICH and what shares its launcher and its process manager: Intel MPI, MVAPICH, Cray MPICH.
  case mpich = "MPICH"

  /// What a launcher says it is, by its `--version`.
  public init?(launcherSays text: String) {
    let text = text.lowercased()
    if ["open mpi", "open-mpi", "openrte", "prrte", "spectrum mpi"].contains(where: text.contains) {
      self = .openMPI
    } else if ["hydra", "mpich", "intel(r) mpi", "mvapich"].contains(where: text.contains) {
      self = .mpich
    } else {
      return nil
    }
  }

  /// What a program is linked with, by the names of the libraries that it loads.
  public init?(libraries: [String]) {
    func has(_ prefix: String) -> Bool { libraries.contains { $0.hasPrefix(prefix) } }
    if has("libopen-rte.so") || has("libopen-pal.so") || has("libmpi_ibm.so") {
      self = .openMPI
    } else if ["libmpich", "libmpi_intel", "libmpi_cray", "libmpi_gnu", "libmvapich"].contains(where: has) {
      self = .mpich
    } else if let name = libraries.first(where: { $0.hasPrefix("libmpi.so.") }) {
      // The number is 12 in all of MPICH's (its common ABI), and at least 20 in Open MPI since 2.0.
      let number = Int(name.dropFirst("libmpi.so.".count).prefix { $0.isASCII && $0.isNumber }) ?? 12
      self = number >= 20 ? .openMPI : .mpich
    } else {
      return nil
    }
  }
}
