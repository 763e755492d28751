import Words
import Work

public enum OutputStream: String, CaseIterable, Sendable { case stdout, stderr }

/// One of the outputs of a task.
public struct OutputID: Hashable, Sendable {
  public var task: TaskID
  public var stream: OutputStream
  /// Of an earlier attempt, counted from 1; `nil` is the one that runs, or ran last.
  public var attempt: Int?

  public init(_ task: TaskID, _ stream: OutputStream, attempt: Int? = nil) {
    self.task = task
    self.stream = stream
    self.attempt = attempt
  }

  /// What the directory of an earlier attempt has behind the name of the task's own.
  public var suffix: String { attempt.map { ".attempt\($0)" } ?? "" }
}

extension OutputID {
  /// What the program printed itself that opened the session.
  public static func program(_ stream: OutputStream) -> OutputID { OutputID(.program, stream) }
}

extension TaskID {
  /// The program that opened the session, where what it prints is shown; no session has so many tasks.
  public static let program = TaskID(UInt32.max)
}

/// What is asked of whoever reads the output of a task. A request makes those before it moot that ask for the same output.
public struct OutputRequest: Equatable, Sendable {
  public enum Place: Equatable, Sendable {
    case end
    /// The line that begins at this byte, or in which it is.
    case byte(Int)
  }

  public enum Kind: Equatable, Sendable {
    /// The lines around a place.
    case page(Place)
    /// The next line with a text, from the line at a byte on, and the lines around it.
    ///
    /// - isAfter: whether that line itself is not looked at.
    case search(Needle, from: Int, isBackward: Bool, isAfter: Bool)
  }

  /// Answers carry it.
  public var number: Int
  public var output: OutputID
  public var kind: Kind
  /// How many lines are wanted before the place, and from it on.
  public var before: Int
  public var after: Int

  public init(number: Int, output: OutputID, kind: Kind, before: Int, after: Int) {
    self.number = number
    self.output = output
    self.kind = kind
    self.before = before
    self.after = after
  }
}

/// What comes back; a page may come again when more is known of it.
public struct OutputAnswer: Equatable, Sendable {
  public enum Result: Equatable, Sendable {
    case page(OutputPage)
    /// How much of the output was searched, from 0 to 1.
    case searching(Double)
    /// A line with what was looked for, by its first byte.
    ///
    /// - isAround: whether the search went on from the other end.
    case found(OutputPage, Int, isAround: Bool)
    case notFound
    /// One sentence for people.
    case failure(String)
  }

  public var number: Int
  public var result: Result
  /// Where the output is, when that is known.
  public var path: String?

  public init(number: Int, _ result: Result, path: String? = nil) {
    self.number = number
    self.result = result
    self.path = path
  }
}

/// Some lines of an output that follow each other, and where they are in it.
public struct OutputPage: Equatable, Sendable {
  public struct Line: Equatable, Sendable {
    /// Its first byte, and the one behind its last.
    public var start: Int
    public var end: Int
    /// As a terminal would show it.
    public var text: String
    /// Whether a line feed is its end; one that is very long comes in parts.
    public var isEnded: Bool

    public init(start: Int, end: Int, text: String, isEnded: Bool) {
      self.start = start
      self.end = end
      self.text = text
      self.isEnded = isEnded
    }
  }

  /// Another number is another file: the task runs again, or somebody began the file anew.
  public var generation: Int
  /// Bytes of the whole output.
  public var size: Int
  public var lines: [Line]
  /// The number of the first line, counted from 1; `nil` while that is not known.
  public var firstNumber: Int?
  /// How many lines the output has; `nil` while that is not known.
  public var lineCount: Int?

  public init(
    generation: Int = 1, size: Int, lines: [Line], firstNumber: Int? = nil, lineCount: Int? = nil
  ) {
    self.generation = generation
    self.size = size
    self.lines = lines
    self.firstNumber = firstNumber
    self.lineCount = lineCount
  }

  public var isAtStart: Bool { (lines.first?.start ?? 0) == 0 }
  public var isAtEnd: Bool { (lines.last?.end ?? size) >= size }
}
