import JSON
import SessionModel
import Wire
import Work

/// A line of an interpreter.
public enum CallMessage: Sendable {
  /// The function of a task came to its end by itself.
  case answer(TaskID, TaskResult)
  /// The interpreter takes another call.
  case ready

  /// A line that is neither, in words for the task whose function sent it: functions can write to any descriptor.
  public struct FormatError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(line: UnsafeRawBufferPointer) {
      description = "its interpreter sent what is no answer: \(String(decoding: line.prefix(80), as: UTF8.self))"
    }
  }

  /// - Throws: `FormatError`, also for an answer whose value is no JSON.
  public init(line: UnsafeRawBufferPointer) throws {
    do {
      // Events are read with Python's words for what is no number, as old journals have them; here they are nonsense.
      _ = try JSONObject(line)
      switch try SessionEvent(line: line)?.kind {
      case .task(let id, _, let result?):
        self = .answer(id, result)
        return
      case nil:
        self = .ready
        return
      default: break
      }
    } catch {}
    throw FormatError(line: line)
  }

  /// The answer to the call of one task.
  ///
  /// - Throws: `FormatError` when the line is anything else.
  public static func answer(_ line: String, of id: TaskID) throws -> TaskResult {
    try Array(line.utf8).withUnsafeBytes { bytes in
      guard case .answer(id, let result) = try CallMessage(line: bytes) else { throw FormatError(line: bytes) }
      return result
    }
  }
}
