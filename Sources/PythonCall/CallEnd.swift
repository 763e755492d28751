import SessionModel
import Words

/// Why a call failed, in the same words on every engine.
public enum CallEnd {
  /// The reason of a call that failed by itself.
  ///
  /// - Parameters:
  ///   - result: of the answer, or how the interpreter ended.
  ///   - isAnswered: whether the interpreter answered; one that died did not.
  ///   - lastLine: of the task's standard error.
  public static func reason(_ result: TaskResult, isAnswered: Bool, lastLine: String) -> String {
    if isAnswered, let reason = result.reason { return reason }
    let end = result.signal.map { "ended by \(signalName($0))" } ?? "exit \(result.exitCode ?? 0)"
    let text = isAnswered ? end : "its interpreter died (\(end))"
    // Where it was when a signal came is in the file, line by line; the last of them says nothing.
    return lastLine.isEmpty || (!isAnswered && result.signal != nil) ? text : "\(text): \(lastLine)"
  }
}
