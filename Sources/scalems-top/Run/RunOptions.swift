import ArgumentParser
import SessionModel

// The options of `run`, in the groups in which its help shows them.

/// What runs the tasks, and with what.
struct TargetOptions: ParsableArguments {
  @Option(
    help: "What holds the cores and runs the tasks: 'local', processes of this machine, or 'radical', RADICAL-Pilot.")
  var engine: String?

  @Option(help: "The execution target, by RADICAL-Pilot's name (default: local.localhost).")
  var resource: String?

  @Option(
    help: ArgumentHelp("How the target is reached, as 'local' or 'ssh' (default: the target's).", valueName: "schema"))
  var access: String?

  @Option(
    help: ArgumentHelp(
      "Virtual environment with radical.pilot, which tasks run in, too, unless --target-venv names theirs.",
      valueName: "dir"))
  var venv: String?

  @Option(help: ArgumentHelp("Python environment that tasks run in (default: that of --venv).", valueName: "dir"))
  var targetVenv: String?

  @Option(
    help: ArgumentHelp(
      "An option of RADICAL-Pilot's PilotDescription, as 'queue=debug' (may be repeated).", valueName: "key=value"))
  var pilotOption: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Cores of the pilot (default: all that this process may use).", valueName: "n"))
  var cores: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Gpus of the pilot.", valueName: "n"))
  var gpus: Int?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Bind each rank of a task to the cores it holds (default: bind, unless the workflow says 'bind: false').")
  var bind: Bool?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Set OMP_NUM_THREADS to cores_per_rank where it is not set (default: set, unless the workflow says no).")
  var ompThreads: Bool?
}

/// The scheduler process that tasks go through which say so.
struct RaptorOptions: ParsableArguments {
  @Flag(help: "Start a raptor, for the tasks that say 'raptor: true'.")
  var enableRaptor = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Start a raptor with so many workers, for functions (default: the engine's).", valueName: "n"))
  var raptorWorkers: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Start a raptor whose workers have so many cores, and call as many functions at a time.", valueName: "n"))
  var raptorCores: Int?

  @Option(
    help: ArgumentHelp("Start a raptor with workers of this class: DefaultWorker or MPIWorker.", valueName: "class"))
  var raptorClass: String?
}

/// What the session is called, keeps to and does by itself.
struct SessionOptions: ParsableArguments {
  @Option(help: "Name of the session, for people.")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Directory of the session (default: scalems-sessions/<id> in the current directory).", valueName: "dir"))
  var sessionDir: String?

  @Option(help: ArgumentHelp("Why this session is run; kept in its journal.", valueName: "text"))
  var reason: String?

  @Option(
    help: ArgumentHelp(
      "What the session does when a task has FAILED: continue (with what does not wait for it), stop (start nothing more, and keep the rest for 'run --resume'), or drain (finish what there is, and take no new work); default: continue.",
      valueName: "what"))
  var onFailure: String?

  @Option(
    help: ArgumentHelp(
      "Run this command (by /bin/sh) when the session has ended, with SCALEMS_SESSION_ID, SCALEMS_EXIT, SCALEMS_DONE, SCALEMS_FAILED and more in its environment.",
      valueName: "command"))
  var onEnd: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What running tasks get to finish in when the session is closed (default: 60).", valueName: "s"))
  var taskGrace: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long to wait, when nothing runs and nothing can be started for want of room on the disk, processes and the like, before the session ends (default: 900).",
      valueName: "s"))
  var patience: Double?

  @Flag(help: "Wait for more work ('scalems-top submit') when all is done, until someone drains or closes the session.")
  var keepOpen = false
}

/// Who sees what of it.
struct ShowOptions: ParsableArguments {
  @Flag(
    help: """
      Start the session in the background, print its id when all it is given to do is in its journal, and leave it running.
      """)
  var detach = false

  @Flag(help: "No screen: a progress bar on standard error, one summary line on standard output.")
  var batch = false

  @Flag(help: "No screen: one JSON object per event on standard output, a summary last.")
  var json = false

  @Flag(help: "No screen: what changes, as lines of text, for screen readers and simple terminals.")
  var plain = false

  @Flag(help: "Leave the screen when the session has closed, without waiting for a key.")
  var exitWhenDone = false
}
