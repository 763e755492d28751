import ArgumentParser
import Glibc
import Platform
import RadicalWatch
import Terminal
import Words

struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a program that opens a session of RADICAL-Pilot, under the screen, and leave nothing of it behind.",
    usage: "scalems-top exec [OPTIONS] -- PROGRAM ARGUMENT…",
    discussion: """
      The program may be anything, as a Python script with RADICAL-Pilot. Its session is on the screen as soon \
      as it opens one; 'p' shows what the program prints, which is in the files stdout and stderr of its directory, too. \
      Ctrl-C interrupts it once, as a terminal would; if it has not ended 10 s later, its pilots are ended, then it is \
      interrupted again, told to end, and killed. Twice goes on to the next step at once, three times kills at once. When \
      it has ended, what is left of it and of its sessions is ended, too. The exit status is the program's.

      scalems-top exec -- python my_script.py --input x
      scalems-top exec --batch -- sh run.sh        no screen: what it says is printed
      """)

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("After '--': a program and its arguments.", valueName: "program"))
  var program: [String] = []

  @Option(
    help: ArgumentHelp(
      "Directory for what it prints (default: scalems-sessions/exec.<time>.<pid> in the current directory).",
      valueName: "dir"))
  var sessionDir: String?

  @Flag(help: "Start it in the background, print the directory with what it prints, and leave it running.")
  var detach = false

  @Flag(help: "No screen: what the program prints is printed.")
  var batch = false

  @Flag(
    help: "No screen: one JSON object per event of its sessions on standard output, a summary last.")
  var json = false

  @Flag(help: "Leave the screen when the program has ended, without waiting for a key.")
  var exitWhenDone = false

  @OptionGroup var screen: ScreenFlags

  /// The process was started to keep the program in the background.
  @Flag(name: .customLong("as-host"), help: .hidden)
  var isHost = false

  func validate() throws {
    guard !program.isEmpty else { throw ValidationError("name a program after '--'") }
    guard [detach, batch, json].count(where: { $0 }) < 2 || detach && json && !batch else {
      throw ValidationError("exec takes one of --detach, --batch and --json, or --detach with --json")
    }
  }

  func run() throws {
    if isHost { throw ExitStatus(code: try keepInBackground(), isSessions: true) }
    if detach { throw ExitStatus(code: try detached()) }
    guard !json, !batch, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      let status = try ForegroundProgram(isJSON: json).run(try keeper())
      if screen.bell { Bell.ring() }
      throw ExitStatus(code: status, isSessions: true)
    }
    do { try Screen.checkTerminal() } catch {
      throw UsageError(description: "scalems-top: \(error); run it with --batch")
    }
    let isReadOnly = screen.isReadOnly
    throw ExitStatus(
      code: try OwnedScreen(screen, exitWhenDone: exitWhenDone, lastChance: .seconds(12)).run(input: -1) { host in
        ProgramSource(host, isReadOnly: isReadOnly)
      })
  }

  private func keeper() throws -> ProgramKeeper { try ProgramKeeper(program, directory: sessionDir) }

  private func keepInBackground() throws -> Int32 {
    let owner = OwnerLine()
    let keeper = try keeper()
    let count = keeper.signals
    let signals = try SignalSources { _ in count.add() }
    defer { withExtendedLifetime(signals) {} }
    try keeper.start(input: -1)
    owner.ready(session: keeper.id, directory: keeper.directory)
    owner.watch { kill(getpid(), SIGHUP) }
    owner.settled(problem: nil)
    return keeper.run().status
  }

  private func detached() throws -> Int32 {
    let host = try LaunchedHost(input: -1)
    try host.leave(asJSON: json, "the program", [("directory", host.directory)])
    return 0
  }
}
