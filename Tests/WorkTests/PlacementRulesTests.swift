import Testing
import Work

@Suite struct PlacementRulesTests {
  @Test func `what an outer launcher said is not handed on, what the user set is`() {
    let outer = [
      "PMI_RANK", "PMI_FD", "PMIX_NAMESPACE", "HYDI_CONTROL_FD", "MPI_LOCALRANKID", "SLURM_JOB_ID", "SLURM_NTASKS",
      "SLURMD_NODENAME", "ORTE_x", "PALS_RANKID", "HYDRA_TOPO", "PRTE_x", "OMPI_FILE_LOCATION",
    ]
    let own = [
      "PATH", "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "SLURM_CONF", "I_MPI_ROOT", "MPI_HOME",
      "SBATCH_ACCOUNT",
      "PMI",
      "SLURM", "UCX_TLS", "OMP_NUM_THREADS",
    ]
    let settings = ["OMPI_MCA_btl", "PMIX_MCA_gds", "PRTE_MCA_x"]
    #expect(OuterVariables.names(in: outer + own + settings) == Set(outer))
    // A rank has dozens of parameters that its launcher set: which are the user's, nobody can tell.
    let rank = ["OMPI_COMM_WORLD_RANK"]
    #expect(OuterVariables.names(in: outer + own + settings + rank) == Set(outer + settings + rank))
    #expect(OuterVariables.names(in: [String]()) == [])
  }

  @Test func `a program of OpenMP has the threads that its rank has cores`() {
    var task = TaskDescription(name: "t", resources: TaskResources(ranks: 2, coresPerRank: 3))
    let placement = TaskPlacement()
    #expect(placement.threads(of: task, isInherited: false) == "3")
    #expect(placement.threads(of: task, isInherited: true) == nil)
    #expect(TaskPlacement(setsThreads: false).threads(of: task, isInherited: false) == nil)
    task.environment["OMP_NUM_THREADS"] = "8"
    #expect(placement.threads(of: task, isInherited: false) == nil)
  }

  @Test func `each rank has its own part of the cores`() {
    let slots = TaskSlots(cores: [1, 2, 5, 6])
    #expect((0..<2).map { Array(slots.cores(ofRank: $0, of: 2)) } == [[1, 2], [5, 6]])
    #expect(Array(slots.cores(ofRank: 0, of: 1)) == [1, 2, 5, 6])
    // Numbers from outside.
    for (rank, ranks) in [(2, 2), (-1, 2), (0, 0), (0, 9), (.max, .max), (.min, .min)] as [(Int, Int)] {
      #expect(Array(slots.cores(ofRank: rank, of: ranks)) == slots.cores)
    }
    #expect(TaskSlots().cores(ofRank: 0, of: 3).isEmpty)
  }
}
