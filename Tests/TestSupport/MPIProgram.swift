import Glibc
import Platform

/// A small MPI program of one of the two families, made when a test first asks for it.
///
/// It needs no headers: the libraries have the same functions, and differ in what a communicator is.
public enum MPIProgram {
  /// Of Open MPI and of MPICH; `nil` where the library is missing (`.ci/need openmpi-bin mpich` installs both).
  public static let openMPI = made(["libmpi.so.40"], define: "OPEN_MPI")
  public static let mpich = made(["libmpich.so.12"], define: "MPICH")
  public static var areThere: Bool { openMPI != nil && mpich != nil }

  private static let directory: TemporaryDirectory? = {
    // What is static is never given back.
    atexit { if let path = MPIProgram.directory?.path { removeTree(path) } }
    return try? TemporaryDirectory()
  }()

  private static func made(_ names: [String], define: String) -> String? {
    let places: [String] = directoryEntries("/usr/lib").map { "/usr/lib/\($0)" } + ["/usr/lib64", "/usr/lib"]
    let candidates: [String] = places.flatMap { place in names.map { "\(place)/\($0)" } }
    let found = candidates.first { (path: String) in access(path, R_OK) == 0 }
    guard let library = found, let directory, (try? directory.write(source, to: "hello.c")) != nil else { return nil }
    let program = "\(directory.path)/hello.\(define)"
    let arguments = ["-D\(define)", "\(directory.path)/hello.c", "-o", program, library]
    let outcome = ["clang", "cc"].lazy.compactMap {
      ExternalCommand.runToEnd($0, arguments, limit: .seconds(60))
    }.first
    return outcome?.status == 0 ? program : nil
  }

  /// Says who it is, then does what its argument says.
  private static let source = """
    #define _GNU_SOURCE
    #include <sched.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    #ifdef OPEN_MPI
    extern char ompi_mpi_comm_world;
    #define WORLD ((void *)&ompi_mpi_comm_world)
    typedef void *Comm;
    #else
    #define WORLD 0x44000000
    typedef int Comm;
    #endif
    int MPI_Init(int *, char ***), MPI_Comm_rank(Comm, int *), MPI_Comm_size(Comm, int *), MPI_Barrier(Comm);
    int MPI_Finalize(void);
    static const char *variable(const char *name) { return getenv(name) ? getenv(name) : "-"; }
    int main(int count, char **words) {
      int rank, size;
      const char *mode = count > 1 ? words[1] : "";
      MPI_Init(&count, &words);
      MPI_Comm_rank(WORLD, &rank);
      MPI_Comm_size(WORLD, &size);
      MPI_Barrier(WORLD);
      char cores[256] = "";
      cpu_set_t set;
      sched_getaffinity(0, sizeof set, &set);
      for (int i = 0, used = 0; i < CPU_SETSIZE && used < 200; i++)
        if (CPU_ISSET(i, &set)) used += snprintf(cores + used, sizeof cores - used, " %d", i);
      if (!strcmp(mode, "where")) {
        printf("%d:%s at %s\\n", rank, cores, variable("OMPI_MCA_orte_tmpdir_base"));
      } else {
        printf("rank %s = %d of %d, threads %s\\n", variable("SCALEMS_RANK"), rank, size, variable("OMP_NUM_THREADS"));
      }
      fflush(stdout);
      if (!strcmp(mode, "input")) {
        char text[64];
        ssize_t got = read(0, text, sizeof text - 1);
        text[got < 0 ? 0 : got] = 0;
        printf("%d read '%s'\\n", rank, text);
        fflush(stdout);
      }
      if (!strcmp(mode, "fail") && rank == 1) exit(5);
      if (!strcmp(mode, "kill") && rank == 1) raise(SIGKILL);
      if (!strcmp(mode, "ignore")) signal(SIGTERM, SIG_IGN);
      if (!strcmp(mode, "sleep") || !strcmp(mode, "ignore") || !strcmp(mode, "where"))
        for (int i = 0; strcmp(mode, "where") || access("go", F_OK); i++) usleep(20000);
      MPI_Barrier(WORLD);
      MPI_Finalize();
      return 0;
    }
    """
}
