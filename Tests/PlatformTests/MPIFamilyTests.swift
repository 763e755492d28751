import TestSupport
import Testing

@testable import Platform

@Suite struct MPIFamilyTests {
  @Test(
    arguments: [
      (["libc.so.6", "libmpi.so.40"], .openMPI), (["libmpi.so.20"], .openMPI), (["libmpi.so.12"], .mpich),
      (["libmpi.so.12", "libopen-pal.so.13"], .openMPI), (["libmpich.so.12"], .mpich), (["libmpich.so.10"], .mpich),
      (["libmpi_cray.so.12"], .mpich), (["libmpi_ibm.so.3"], .openMPI), (["libc.so.6"], nil), ([], nil),
      (["libmpi_abi.so.0"], nil), (["libmpi.so.x"], .mpich), (["libmpi.so.99999999999999999999"], .mpich),
    ] as [([String], MPIFamily?)])
  func `libraries tell what a program is`(_ names: [String], _ family: MPIFamily?) {
    #expect(MPIFamily(libraries: names) == family)
  }

  @Test(
    arguments: [
      ("mpirun (Open MPI) 4.1.4\n", .openMPI), ("mpirun.openmpi (OpenRTE) 4.1.4", .openMPI),
      ("prterun (PRRTE) 3.0.6", .openMPI), ("HYDRA build details:\n    Version: 4.0.2", .mpich),
      ("Intel(R) MPI Library for Linux* OS, Version 2021.18", .mpich), ("slurm 22.05.8", nil), ("", nil),
    ] as [(String, MPIFamily?)])
  func `launchers say what they are`(_ text: String, _ family: MPIFamily?) {
    #expect(MPIFamily(launcherSays: text) == family)
  }

  @Test func `what the loader says`() {
    let libraries = ProgramLibraries(
      loaderSays: """
        \tlinux-vdso.so.1 (0x00007ffd)
        \tlibmpi.so.40 => /opt/ompi/lib/libmpi.so.40 (0x00007f)
        \tlibgone.so.1 => not found
        \t/lib64/ld-linux-x86-64.so.2 (0x00007f)

        """)
    #expect(libraries.found.map(\.name) == ["linux-vdso.so.1", "libmpi.so.40", "libgone.so.1", "ld-linux-x86-64.so.2"])
    #expect(libraries.family == .openMPI && libraries.mpiDirectories == ["/opt/ompi/lib"])
  }

  @Test func `a program, and what is none`() throws {
    #expect(ProgramLibraries(of: scalemsTop)?.found.contains { $0.name.hasPrefix("libc.so") } ?? false)
    #expect(ProgramLibraries(of: scalemsTop)?.family == nil)
    let place = try TemporaryDirectory()
    try place.write("#!/bin/sh\n", to: "script")
    try place.write("", to: "empty")
    for path in ["script", "empty", "missing", "."] { #expect(ProgramLibraries(of: "\(place.path)/\(path)") == nil) }
    for path in ["/dev/zero", "/proc/self/mem", ""] { #expect(ProgramLibraries(of: path) == nil) }
    #expect(MPIProgram.openMPI.map { ProgramLibraries(of: $0)?.family == .openMPI } ?? true)
    #expect(MPIProgram.mpich.map { ProgramLibraries(of: $0)?.family == .mpich } ?? true)
  }

  /// Damaged programs are nothing worse than no programs.
  @Test func `damaged heads`() throws {
    var head = [UInt8](repeating: 0, count: 0x200)
    head.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    for seed in 0..<2000 {
      var random = SeededNumbers(UInt64(seed))
      var bytes = head
      for _ in 0..<60 { bytes[Int(random.next() % 0x60) + 6] = UInt8(truncatingIfNeeded: random.next()) }
      for _ in 0..<20 { bytes[Int(random.next() % 0x1fa) + 6] = 0xff }
      _ = ProgramLibraries.loader(inHead: bytes)
      _ = ProgramLibraries.loader(inHead: Array(bytes.prefix(Int(random.next() % 0x200))))
    }
    #expect(ProgramLibraries.loader(inHead: head) == nil)
  }
}
