/// Variables by which an MPI launcher or Slurm tells a process what it is a part of.
///
/// When a session runs within one (in a batch job, say), they are not true of its tasks: an MPI program would take itself
/// for a rank of the outer job, and wait for the others for ever; a launcher would refuse to start.
public enum OuterVariables {
  private static let prefixes = [
    "OMPI_", "PMIX_", "PRTE_", "ORTE_", "PMI_", "HYDI_", "HYDRA_", "MPI_LOCAL", "PALS_", "SLURM_", "SLURMD_",
    "MV2_COMM_WORLD_", "MPIRUN_", "MPISPAWN_", "JSM_NAMESPACE_", "ALPS_APP_",
  ]
  /// Parameters of Open MPI: the user's own, unless a launcher has set them for the rank that this is.
  private static let settings = ["OMPI_MCA_", "PMIX_MCA_", "PRTE_MCA_"]
  /// What they begin with that the user or the site has set: whether root may, where Slurm's configuration is.
  private static let kept = ["OMPI_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT", "SLURM_CONF"]
  private static let ranks: Set<String> = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "OMPI_UNIVERSE_SIZE"]

  /// Which of these names no task gets.
  public static func names(in all: some Sequence<String>) -> Set<String> {
    let isRank = all.contains(where: ranks.contains)
    return Set(all.filter { isOuter($0, inRank: isRank) })
  }

  /// Whether Slurm sets it: RADICAL-Pilot on a cluster goes by those of its job.
  public static func isOfSlurm(_ name: String) -> Bool { name.hasPrefix("SLURM_") || name.hasPrefix("SLURMD_") }

  private static func isOuter(_ name: String, inRank isRank: Bool) -> Bool {
    guard prefixes.contains(where: name.hasPrefix), !kept.contains(where: name.hasPrefix) else { return false }
    return isRank || !settings.contains(where: name.hasPrefix)
  }
}
