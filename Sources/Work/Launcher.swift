/// What starts the ranks of a task.
public enum Launcher: String, CaseIterable, Sendable {
  /// An MPI launcher when there is more than one rank, as RP's `TaskDescription` has it.
  case auto
  /// Nothing: the ranks are plain processes that know nothing of each other.
  case none
  case mpirun
  case mpiexec
  case srun
}

extension TaskDescription {
  /// Whether its ranks are started by a launcher.
  public var usesLauncher: Bool {
    guard function == nil else { return false }
    return switch launcher {
    case .auto: resources.ranks > 1
    case .none: false
    case .mpirun, .mpiexec, .srun: true
    }
  }

  /// The program that tells by its libraries what launcher it belongs to: of a line for a shell, the first word when
  /// that is plainly a program.
  public var rankProgram: String? {
    guard case .shell(let line) = TaskCommand(argv: argv) else { return argv.first }
    let word = line.utf8.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\n") }
    let isPlain = word.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/._-+".utf8.contains(byte)
      }
    }
    return isPlain && !word.isEmpty ? String(Substring(word)) : nil
  }
}
