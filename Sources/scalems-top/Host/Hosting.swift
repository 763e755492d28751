import Glibc
import Platform
import SessionModel
import Words

/// The two ways to host a session.
enum Hosting {
  /// In the foreground, without a screen: events or a progress bar are printed.
  ///
  /// - Returns: the exit status.
  static func inForeground(_ plan: SessionHost.Plan, json: Bool) throws -> Int32 {
    let output: any RunOutput = json ? EventOutput() : BatchOutput()
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
    return host.report(
      signal: signals.first, summarize: { output.summarize($0, directory: host.directory.path.string) },
      // In batch, errors were said when they happened.
      complainOnce: { if json { complain("scalems-top: \($0)") } })
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
    return host.report(
      signal: signals.first,
      summarize: { complain(summaryLine($0, directory: host.directory.path.string)) },
      complainOnce: { complain("scalems-top: \($0)") })
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
