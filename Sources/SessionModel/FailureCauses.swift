import Words
import Work

/// Why tasks failed: those that ended in the same way with the same words, however many there are, are one cause.
public struct FailureCauses: Sendable {
  public struct Cause: Equatable, Sendable {
    /// What its tasks have in common.
    public struct ID: Hashable, Sendable {
      var pattern: String
      var exitCode: Int32?
      var signal: Int32?
    }

    public let id: ID
    /// The reason of the first one, with `#` for numbers when the others' differ.
    public var reason: String
    /// Tasks that FAILED.
    public var count = 0
    /// Tasks that were canceled because of them.
    public var canceled = 0
    public var first: TaskID

    /// `4 × exit 3: no such file (2 canceled because of that)`.
    public var words: String {
      let more = canceled == 0 ? "" : " (\(Format.count(canceled)) canceled because of that)"
      return "\(Format.count(count)) × \(reason)\(more)"
    }
  }

  /// The one with the most tasks first.
  public private(set) var all: [Cause] = []

  public init(_ table: TaskTable) {
    var causes: [Cause] = []
    var numbers: [Cause.ID: Int] = [:]
    table.forEachFailure { id, lost in
      guard let task = table.details(of: id) else { return }
      let reason = Self.reason(of: task)
      let key = Self.cause(of: task)
      let number = numbers[key] ?? causes.count
      if number == causes.count {
        numbers[key] = number
        causes.append(Cause(id: key, reason: reason, first: id))
      }
      causes[number].count += 1
      causes[number].canceled += lost.count
      if causes[number].reason != reason { causes[number].reason = key.pattern }
    }
    all = causes.sorted { $0.count == $1.count ? $0.first < $1.first : $0.count > $1.count }
  }

  /// The tasks of a cause, in order; at most so many.
  public static func tasks(of cause: Cause.ID, in table: TaskTable, limit: Int) -> [TaskID] {
    let failed = table.ids(in: .failed)
    var found: [TaskID] = []
    for number in 0..<failed.count where found.count < limit {
      guard let id = failed.select(number), let task = table.details(of: id), self.cause(of: task) == cause else {
        continue
      }
      found.append(id)
    }
    return found
  }

  private static func reason(of task: TaskDetails) -> String {
    task.reason ?? task.exitCode.map { "exit \($0)" } ?? "no reason given"
  }

  private static func cause(of task: TaskDetails) -> Cause.ID {
    Cause.ID(pattern: pattern(of: reason(of: task)), exitCode: task.exitCode, signal: task.signal)
  }

  /// The reason with `#` for each number.
  static func pattern(of reason: String) -> String {
    var result = ""
    var isInNumber = false
    // The exit code is no number of a member.
    let fixed = reason.hasPrefix("exit ") ? reason.prefix { $0 != ":" } : ""
    for character in reason.dropFirst(fixed.count) {
      let isDigit = character.isASCII && character.isNumber
      if !isDigit { result.append(character) } else if !isInNumber { result.append("#") }
      isInNumber = isDigit
    }
    return fixed + result
  }
}
