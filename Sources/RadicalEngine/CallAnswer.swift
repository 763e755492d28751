import Words
import FoundationEssentials
import PythonCall
import SessionModel
import Work

/// What `scalems_call.py` says of a call in a worker of RP.
struct CallAnswer: Decodable {
  /// The line of the interpreter; one that died has none.
  var answer: String?
  var exitCode: Int32?
  var signal: Int32?
  /// The end of the standard error of one that died.
  var stderr: String?
  /// What was wrong before the call, or with its outputs.
  var unready: String?
  /// `timeout` or `canceled`.
  var ended: String?
  /// `false` when it was canceled before it began.
  var started: Bool?

  enum CodingKeys: String, CodingKey {
    case answer
    case exitCode = "exit_code"
    case signal, stderr, unready, ended, started
  }

  init?(_ json: String) {
    guard let answer = try? JSONDecoder().decode(CallAnswer.self, from: Data(json.utf8)) else { return nil }
    self = answer
  }

  /// When the function returned, if it did.
  var time: Timestamp? {
    struct Line: Decodable { var t: Double }
    guard let answer, let line = try? JSONDecoder().decode(Line.self, from: Data(answer.utf8)) else { return nil }
    return Timestamp(seconds: line.t)
  }

  /// The final state of a task, and its result.
  ///
  /// - Parameter timeout: its time limit.
  func end(of id: TaskID, attempt: Int, timeout: Double?) -> (TaskState, TaskResult) {
    var (state, result) = ownEnd(of: id)
    result.attempt = attempt
    switch ended {
    case "canceled":
      state = .canceled
      result.reason = "canceled on request"
    case "timeout":
      state = .failed
      result.reason = timeLimitPassed(timeout ?? 0)
    default: break
    }
    // Its function may have returned before its outputs could not be brought.
    if state != .done { result.value = nil }
    return (state, result)
  }

  /// How it ended by itself.
  private func ownEnd(of id: TaskID) -> (TaskState, TaskResult) {
    var result = TaskResult(exitCode: exitCode, signal: signal)
    if let answer {
      do { result = try CallMessage.answer(answer, of: id) } catch {
        return (.failed, TaskResult(reason: "\(error)"))
      }
    }
    if let unready {
      result.reason = unready
      return (.failed, result)
    }
    if answer != nil, result.exitCode == 0 { return (.done, result) }
    result.reason = CallEnd.reason(
      result, isAnswered: answer != nil, lastLine: PrintedText.lastLine(of: stderr ?? ""))
    return (.failed, result)
  }
}
