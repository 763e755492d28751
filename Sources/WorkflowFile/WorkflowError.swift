import Words

/// One thing that is wrong with a workflow file, and where.
public struct WorkflowError: Error, Equatable, Sendable, CustomStringConvertible {
  public var path: String
  /// Counted from 1; 0 when the problem is the file's as a whole (it cannot be read, say).
  public var line: Int
  /// Counted in characters from 1; 0 when the problem is the file's as a whole.
  public var column: Int
  /// A sentence without the place: what is wrong and what would be right.
  public var message: String

  public init(path: String, line: Int = 0, column: Int = 0, message: String) {
    self.path = path
    self.line = line
    self.column = column
    self.message = message
  }

  /// `file.yaml:12:7: message`, the form that editors and people know from compilers.
  public var description: String {
    line > 0 ? "\(path):\(line):\(column): \(message)" : "\(path): \(message)"
  }
}

/// Everything that is wrong with a workflow file, in the order of the file.
public struct WorkflowErrors: Error, Equatable, Sendable, CustomStringConvertible {
  public var problems: [WorkflowError]

  public init(_ problems: [WorkflowError]) {
    self.problems = problems
  }

  /// One problem a line.
  public var description: String { description(limit: .max) }

  /// The same for a terminal: what is wrong stands in the file, and anybody may have written that.
  public var text: TerminalText { problems.map { TerminalText($0.description) }.joined(separator: "\n") }

  /// The first `limit` problems, one a line, and how many more there are.
  public func description(limit: Int) -> String {
    var lines = problems.prefix(limit).map(\.description)
    if problems.count > limit {
      lines.append("\(problems[0].path): and \(problems.count - limit) more problems")
    }
    return lines.joined(separator: "\n")
  }
}
