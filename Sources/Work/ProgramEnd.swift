import Words

/// Why a program failed, in the same words on every engine.
public enum ProgramEnd {
  /// The reason of a program that failed by itself.
  ///
  /// - Parameters:
  ///   - exitCode: its own, or that of its launcher.
  ///   - signal: that ended it.
  ///   - problem: why it was not started.
  ///   - exitWords: what an exit code is called; a launcher's may mean more than one thing.
  ///   - entry: of its `pre_exec` that it ended in, before the program.
  ///   - lastLine: of the task's standard error.
  public static func reason(
    exitCode: Int32?, signal: Int32?, problem: String? = nil, exitWords: (Int) -> String = { "exit \($0)" },
    entry: String?, lastLine: String
  ) -> String {
    let text = problem ?? signal.map { "ended by \(signalName($0))" } ?? exitWords(Int(exitCode ?? 0))
    if let entry {
      if signal == nil, exitCode ?? 0 == 0, problem == nil { return PreExec.notReached(in: entry) }
      // Its own words may have gone where an earlier entry sent them.
      return "\(text): " + (signal == nil ? PreExec.failed(entry, exit: exitCode ?? 0) : "in pre_exec: \(entry)")
    }
    return lastLine.isEmpty ? text : "\(text): \(lastLine)"
  }
}
