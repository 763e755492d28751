import ArgumentParser
import Glibc
import JSON
import Platform
import SessionLink
import SessionModel
import Wire
import Words

/// What every command to a session takes.
struct CommandOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Why; kept in the session's journal.", valueName: "text"))
  var reason: String?

  @Flag(help: "Wait until the command has come to its end.")
  var wait = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Give up after so long (exit status 6; default: 60 for a host that does not answer, and for an end that is waited for as long as it takes).",
      valueName: "s"))
  var timeout: Double?

  @Flag(help: "Print one JSON object, with a 'code' for programs when it was refused.")
  var json = false

  @Flag(help: "Refuse to change anything (as SCALEMS_TOP_READ_ONLY=1 does).")
  var readOnly = false

  func validate() throws {
    if let fault = SessionRules.fault(inReason: reason) { throw ValidationError(fault) }
    try PatienceOptions.check(timeout)
  }

  /// How long a host or files that do not answer are waited for.
  var patience: Duration { timeout.map { Duration(saturating: $0) } ?? HostPatience.standard }

  func requireControl(_ verb: String) throws(UsageError) {
    guard readOnly || ReadOnly.isDemanded else { return }
    let why = readOnly ? "--read-only was given" : "SCALEMS_TOP_READ_ONLY is set"
    throw UsageError(description: "\(verb) changes the session, and \(why)")
  }
}

// What came of a command, said as the options ask for it.
extension CommandOptions {
  /// Says how a command went.
  ///
  /// - Returns: the exit status.
  func say(_ report: CommandReport, _ verb: OperatorCommand.Verb) -> Int32 {
    let isHeard = !json || putJSON(line(of: report, verb))
    switch report.stage {
    case .requested, .acknowledged:
      tell("\(verb.rawValue): acknowledged", isHeard)
      return 0
    case .finished(.done(let words)):
      tell("\(verb.rawValue): \(words)", isHeard)
      return 0
    case .finished(.failed(let failure)):
      complain("scalems-top: \(verb.rawValue): \(failure)")
      return ExitStatus.refused
    }
  }

  /// What was done is told in any case.
  ///
  /// - Parameter isHeard: false when `--json` could not be written.
  func tell(_ words: TerminalText, _ isHeard: Bool = true) {
    if json, isHeard { return }
    if json || !put("\(words)\n") { complain(words) }
  }

  /// The report as on the control socket.
  private func line(of report: CommandReport, _ verb: OperatorCommand.Verb) -> [UInt8] {
    var line = JSONWriter()
    line.beginObject()
    line.member("verb", verb.rawValue)
    report.write(to: &line)
    line.endObject()
    line.endLine()
    return line.bytes
  }

  /// With `--json`: why it is not known how a command went, for programs.
  func putProblem(_ text: String, code: String) {
    guard json else { return }
    var line = JSONWriter()
    line.beginObject()
    line.member("error", text)
    line.member("code", code)
    line.endObject()
    line.endLine()
    putJSON(line.bytes)
  }
}

extension ExitStatus {
  /// The session refused the command, or it failed.
  static let refused: Int32 = 1
  /// Nobody hosts the session, and it was not closed.
  static let hostGone: Int32 = 5
  /// Something was left behind, or the record of the session is not complete.
  static let leftBehind: Int32 = 4
  /// Waiting took longer than `--timeout`.
  static let timeout: Int32 = 6
}

/// Says that a session's host was given up that does not answer.
func unanswered(_ link: HostLink) -> ExitStatus {
  complain("scalems-top: \(link.silenceWords); given up after \(Format.plainSeconds(HostPatience.standard.seconds))")
  return ExitStatus(code: ExitStatus.timeout)
}

/// Says that a session's host ended without closing it.
func hostGone(_ id: String) -> ExitStatus {
  complain(
    "scalems-top: the host of session \(id) is gone; 'scalems-top run --resume \(id)' takes the session up again")
  return ExitStatus(code: ExitStatus.hostGone)
}
