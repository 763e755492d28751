import ArgumentParser
import Glibc
import Platform

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check what this machine offers to sessions, and find what dead ones left behind.",
    discussion: """
      Prints one line a check, and below each problem what to do about it; exits with 1 when something FAILs. \
      RADICAL-Pilot is checked when --venv names its virtual environment, or 'setup-radical' made one.

      With --orphans it lists what sessions whose scalems-top is gone (with RADICAL-Pilot, also its helper) left running, \
      and what programs left that opened sessions of RADICAL-Pilot themselves, and ends it after asking. It exits with 1 when something was left alone, and with 4 when something could not be ended.

      scalems-top doctor
      scalems-top doctor --resource tacc.frontera
      scalems-top doctor --orphans      what dead sessions left, and whether to end it
      """)

  @Argument(
    help: ArgumentHelp("With --orphans: the only session that is looked at, by its whole id.", valueName: "session"))
  var session: String?

  @Option(help: ArgumentHelp("The virtual environment with RADICAL-Pilot.", valueName: "dir"))
  var venv: String?

  @Option(help: ArgumentHelp("The RADICAL-Pilot resource that is to be used.", valueName: "site.name"))
  var resource: String?

  @Flag(help: "Find and end what dead sessions left behind.")
  var orphans = false

  @Flag(help: "One JSON object a check.")
  var json = false

  @Flag(help: "With --orphans: end it without asking.")
  var yes = false

  func validate() throws {
    if session != nil, !orphans { throw ValidationError("a session is named with --orphans") }
    if json, orphans { throw ValidationError("--json is for the checks, not for --orphans") }
    if yes, !orphans { throw ValidationError("--yes goes with --orphans") }
    if orphans, venv != nil || resource != nil { throw ValidationError("--orphans takes no --venv and no --resource") }
  }

  func run() throws {
    if orphans { throw ExitStatus(code: OrphanSweep(mayEndWithoutAsking: yes, session: session).run()) }
    let asked = RadicalVenv(path: try venv.map { try absolutePath($0) } ?? RadicalVenv.defaultPath)
    let hasFailed = waiting { await check(asked) }
    throw ExitStatus(code: hasFailed ? 1 : 0)
  }

  /// Prints the checklist, each line when it is known.
  ///
  /// - Returns: whether something fails.
  private func check(_ asked: RadicalVenv) async -> Bool {
    var context = CheckContext(resource: resource)
    let isColored = isatty(STDOUT_FILENO) == 1 && context.terminal.wantsColor && context.terminal.colors >= 8
    if venv != nil || resource != nil || asked.exists { context.venv = asked }
    if let venv = context.venv { context.probe = await RadicalProbe.run(venv) }
    var hasFailed = false
    for check in Check.all {
      guard let finding = await check.run(context) else { continue }
      if finding.level == .fail { hasFailed = true }
      let isHeard =
        json
        ? putJSON(finding.json(about: check.title)) : put(finding.lines(about: check.title, isColored: isColored))
      guard isHeard else { break }
    }
    if context.venv == nil, !json {
      put("RADICAL-Pilot was not looked at: 'scalems-top setup-radical' installs it, --venv names one.\n")
    }
    return hasFailed
  }
}
