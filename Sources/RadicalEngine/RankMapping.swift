import Platform
import Work

extension RPTask {
  /// Says what a task holds, and who starts its ranks: RP's launcher, or nobody.
  ///
  /// RP starts several ranks by a launcher of MPI in any case. Plain ranks are one rank to it that holds the cores of
  /// all, so they are on one node.
  mutating func hold(_ description: TaskDescription) {
    let resources = description.resources
    if PlainRanks.areWanted(by: description) {
      coresPerRank = resources.cores
      gpusPerRank = Double(resources.gpus)
    } else {
      ranks = resources.ranks
      coresPerRank = resources.coresPerRank
      gpusPerRank = Double(resources.gpusPerRank)
      if description.usesLauncher, ranks == 1 { useMPI = true }
    }
  }
}

/// Where a launcher keeps what it leaves when it is killed: RP kills it after a tenth of a second. It goes with the
/// task, or else with the session.
struct RankScratch {
  private let directory: String

  /// - Returns: `nil` for a task without a launcher, and on another machine.
  init?(of task: ResolvedTask, in scratch: String?) {
    guard let scratch, task.description.usesLauncher else { return nil }
    directory = TaskCommand.quoted("\(scratch)/\(task.id.uid)")
  }

  var before: [String] {
    let exports = LaunchScratch.variables.map { "\($0)=\"${\($0):-$SCALEMS_SCRATCH}\"" }.joined(separator: " ")
    return ["{ SCALEMS_SCRATCH=\(directory); mkdir -p -- \"$SCALEMS_SCRATCH\" && export \(exports); }"]
  }
  var after: [String] { ["rm -rf -- \(directory)"] }
}

/// Several ranks that are processes by themselves, where RP can start one: a short program of Python starts them.
enum PlainRanks {
  static func areWanted(by description: TaskDescription) -> Bool {
    description.function == nil && description.resources.ranks > 1 && !description.usesLauncher
  }

  /// What starts a command once a rank; the first that fails decides how all end, and ends the others.
  static func command(_ command: [String], of description: TaskDescription, grace: Double, python: String) -> [String] {
    [python, "-c", program, String(description.resources.ranks), String(grace)] + command
  }

  /// Python 3.8 or newer; of standard modules alone.
  private static let program = """
    import ctypes, os, signal, subprocess, sys, time
    count, grace, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    alive, code, deadline = {}, 0, None
    libc = ctypes.CDLL(None)
    def begin():
        os.setpgrp()
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    def end(number):
        for process in alive.values():
            try: os.killpg(process.pid, number)
            except OSError: pass
    def told(number, frame):
        global code, deadline
        code = code or 128 + number
        deadline = deadline or time.monotonic() + grace
        end(signal.SIGTERM)
    signal.signal(signal.SIGTERM, told)
    for rank in range(count):
        try:
            alive[rank] = subprocess.Popen(
                command, env=dict(os.environ, SCALEMS_RANK=str(rank)), preexec_fn=begin,
                stdin=None if rank == 0 else subprocess.DEVNULL)
        except OSError as error:
            sys.stderr.write("%s: %s\\n" % (command[0], error.strerror))
            code = code or (127 if isinstance(error, FileNotFoundError) else 126)
            break
    while alive:
        for rank, process in list(alive.items()):
            status = process.poll()
            if status is None: continue
            del alive[rank]
            code = code or (status if status >= 0 else 128 - status)
        if code and deadline is None:
            deadline = time.monotonic() + grace
            end(signal.SIGTERM)
        if deadline is not None and time.monotonic() > deadline: end(signal.SIGKILL)
        time.sleep(0.01)
    sys.exit(code)
    """
}
