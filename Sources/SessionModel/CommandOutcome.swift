/// How a command came to its end.
public enum CommandOutcome: Equatable, Sendable {
  /// It was done: what came of it, in words.
  case done(String)
  /// It was refused or undone, or it failed.
  case failed(CommandFailure)

  /// A failure, in the order in which it reads.
  public static func failed(_ code: CommandFailure.Code, _ sentence: String) -> CommandOutcome {
    .failed(CommandFailure(code, sentence))
  }

  public var isDone: Bool { if case .done = self { true } else { false } }

  /// What came of it, in words.
  public var words: String {
    switch self {
    case .done(let words): words
    case .failed(let failure): failure.description
    }
  }
}

/// Why a command was refused, undone, or failed.
public struct CommandFailure: Error, Equatable, CustomStringConvertible, Sendable {
  /// What a program can act on; the words of the wire.
  public enum Code: String, CaseIterable, Sendable {
    /// The session is not open yet.
    case notOpen = "not_open"
    /// The session is closing.
    case closing
    /// The session has closed, or closed before the command came to its end.
    case closed
    /// The session drains or stops, and so takes no new work.
    case noNewWork = "no_new_work"
    /// A `resume`, and there is no drain or stop to undo.
    case nothingToUndo = "nothing_to_undo"
    /// The session has no raptor.
    case noRaptor = "no_raptor"
    /// The raptor has ended already.
    case raptorEnded = "raptor_ended"
    /// The raptor did not end.
    case raptorAlive = "raptor_alive"
    /// The session has no such task.
    case unknownTask = "unknown_task"
    /// The tasks had ended before they could be canceled; of a `rerun`, they are DONE, or what they wait for is not.
    case taskEnded = "task_ended"
    /// A task of a `rerun` has not ended.
    case taskActive = "task_active"
    /// Another command took its place: a drain, stop, resume or close.
    case replaced
    /// The work breaks a rule.
    case invalidWork = "invalid_work"
    /// The work has a name that is taken.
    case duplicateName = "duplicate_name"
    /// The work needs something that the session's engine does not do.
    case unsupportedWork = "unsupported_work"
    /// The session is another program's, and RADICAL-Pilot has no such command.
    case unsupported
    /// There is no work in what was submitted.
    case noWork = "no_work"
    /// The reason or what is said of the sender is longer than it may be.
    case tooLong = "too_long"
    /// No work is taken, for the journal cannot be written.
    case notRecorded = "not_recorded"
    /// The session is closed, and something of it was left behind.
    case leftBehind = "left_behind"
    /// None that is known here: of a program without codes (0.1.0), or with newer ones. Never written.
    case unknown
  }

  public var code: Code
  /// One sentence for people.
  public var description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
