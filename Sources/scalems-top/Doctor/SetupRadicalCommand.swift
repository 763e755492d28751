import ArgumentParser
import Glibc
import Platform
import Synchronization

struct SetupRadicalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup-radical",
    abstract: "Make a Python virtual environment with RADICAL-Pilot.",
    discussion: """
      Installs radical.pilot \(RadicalVenv.pinned) with pip, from the package index pip is configured for. What is there \
      already is never changed; what could not be finished is removed.

      Exit status: 0 it is there, 2 the directory holds something else, 3 it could not be made, 128+n ended by signal n.

      scalems-top setup-radical
      scalems-top setup-radical ~/venvs/radical
      """)

  @Argument(
    help: ArgumentHelp(
      "Where it is made (default: scalems-top/radical in $XDG_DATA_HOME or ~/.local/share).", valueName: "dir"))
  var path: String?

  func run() throws {
    let venv = RadicalVenv(path: try path.map { try absolutePath($0) } ?? RadicalVenv.defaultPath)
    let work = Task.detached { await VenvMaker(venv: venv).run() }
    let received = Mutex<Int32?>(nil)
    // What is half made is removed before the program ends.
    let signals = try SignalSources { number in
      received.withLock { $0 = $0 ?? number }
      work.cancel()
    }
    let outcome = withExtendedLifetime(signals) { waiting { await work.value } }
    if let signal = received.withLock({ $0 }), outcome != .made, outcome != .isThere {
      complain("scalems-top: interrupted; nothing was installed")
      throw ExitStatus(code: 128 + signal)
    }
    switch outcome {
    case .made, .isThere:
      put(
        """
        \(outcome == .made ? "RADICAL-Pilot \(RadicalVenv.pinned) is ready" : "It is there already") in \(venv.path)
        Run a workflow with it:
          scalems-top run WORKFLOW --engine radical --resource local.localhost --venv \(venv.path)\n
        """)
    case .refused(let reason): throw UsageError(description: "scalems-top: \(reason)")
    case .failed(let reason):
      complain("scalems-top: \(reason)")
      throw ExitStatus(code: 3)
    }
  }
}
