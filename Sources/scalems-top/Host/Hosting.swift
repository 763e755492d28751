import Glibc
import Platform
import SessionModel

/// The two ways to host a session.
enum Hosting {
  /// In the foreground, without a screen: events or a progress bar are printed.
  ///
  /// - Returns: the exit status.
  static func inForeground(_ plan: SessionHost.Plan, json: Bool) throws -> Int32 {
    let batch = BatchOutput(json: json)
    let host = try SessionHost(plan) { batch.observe($0) }
    let signals = SignalWatch(executor: host.executor)
    host.life.start()
    host.life.wait()
    host.closeDoors()
    return host.report(
      signal: signals.first, summarize: { batch.finish($0, directory: host.directory.path.string) },
      // In batch, errors were said when they happened.
      complainOnce: { if json { complain("scalems-top: \($0)") } })
  }

  /// In the background, for the program that started this one and for whoever attaches.
  ///
  /// - Returns: the exit status.
  static func inBackground(_ makePlan: () throws -> SessionHost.Plan) throws -> Int32 {
    let owner = OwnerLine()
    let host = try SessionHost(try makePlan()) { _ in }
    let signals = SignalWatch(executor: host.executor)
    owner.ready(session: host.info.id, directory: host.directory.path.string)
    owner.watch { kill(getpid(), SIGHUP) }
    host.life.start()
    host.life.wait()
    host.closeDoors()
    return host.report(
      signal: signals.first,
      summarize: { complain(summaryLine($0, directory: host.directory.path.string)) },
      complainOnce: { complain("scalems-top: \($0)") })
  }
}
