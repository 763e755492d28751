import Glibc
import Platform
import SessionModel
import Words

/// The two ways to host a session.
enum Hosting {
  /// In the foreground, without a screen: events or a progress bar are printed.
  ///
  /// - Returns: the exit status.
  static func inForeground(_ plan: SessionHost.Plan, _ output: any RunOutput) throws -> Int32 {
    let signals = try SignalWatch { number in
      // What a person at a terminal may want to know next.
      guard number == SIGINT, isatty(STDERR_FILENO) == 1 else { return }
      complain(
        "scalems-top: interrupted: the session ends in order; Ctrl-C again skips the grace periods, a third one ends it "
          + "at once")
    }
    let host = try SessionHost(plan) { output.observe($0) }
    try output.begin(host)
    if plan.waitsForWork { sayHowToSubmit(host.info.id) }
    signals.watch(for: host)
    host.life.start()
    host.life.wait()
    host.close()
    // Who is left to be waited for is the reader.
    signals.sessionHasEnded { output.progress }
    output.finish()
    return end(
      plan, host,
      host.report(
        signal: signals.first, summarize: { output.summarize($0, directory: host.directory.path.string) },
        // Others said errors when they happened.
        complainOnce: { if output is EventOutput { complain("scalems-top: \($0)") } }))
  }

  /// In the background, for the program that started this one and for whoever attaches.
  ///
  /// - Returns: the exit status.
  static func inBackground(_ makePlan: () throws -> SessionHost.Plan) throws -> Int32 {
    let owner = OwnerLine()
    let plan = try makePlan()
    let signals = try SignalWatch()
    let host = try SessionHost(plan) { _ in }
    signals.watch(for: host)
    owner.ready(session: host.info.id, directory: host.held)
    owner.watch { kill(getpid(), SIGHUP) }
    host.life.start { owner.settled(problem: $0) }
    host.life.wait()
    host.close()
    return end(
      plan, host,
      host.report(
        signal: signals.first,
        summarize: { complain(summaryLine($0, directory: host.directory.path.string)) },
        complainOnce: { complain("scalems-top: \($0)") }))
  }

  /// The last thing: what the user wants to be run.
  private static func end(_ plan: SessionHost.Plan, _ host: SessionHost, _ status: Int32) -> Int32 {
    guard let command = plan.settings.onEnd, case .success(let summary)? = host.life.outcome else { return status }
    OnEnd(command: command, info: host.info).run(summary, exit: status)
    return status
  }
}

/// How a session gets work that was given none.
func sayHowToSubmit(_ session: String) {
  complain(
    "scalems-top: session \(session) waits for work: 'scalems-top submit \(session) WORKFLOW' gives it some, "
      + "or 'scalems-top submit \(session) -- COMMAND'")
}

extension SessionHost.Plan {
  /// Whether it has nothing to do until somebody submits something.
  var waitsForWork: Bool {
    if case .none = work.source { earlier == nil && settings.isKeptOpen } else { false }
  }
}
