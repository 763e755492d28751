import Words
import Work

/// Why tasks failed: those that ended in the same way with the same words, however many there are, are one cause.
public struct FailureCauses: Sendable {
  public struct Cause: Equatable, Sendable {
    /// The reason of the first one, with `#` for numbers when the others' differ.
    public var reason: String
    /// Tasks that FAILED.
    public var count = 0
    /// Tasks that were canceled because of them.
    public var canceled = 0
    public var first: TaskID
    public var exitCode: Int32?
    public var signal: Int32?

    /// `4 × exit 3: no such file; 2 more canceled because of that`.
    public var words: String {
      let more = canceled == 0 ? "" : " (\(Format.count(canceled)) canceled because of that)"
      return "\(Format.count(count)) × \(reason)\(more)"
    }
  }

  private struct Key: Hashable {
    var pattern: String
    var exitCode: Int32?
    var signal: Int32?
  }

  /// The one with the most tasks first.
  public private(set) var all: [Cause] = []

  public init(_ table: TaskTable) {
    guard table.count(in: .failed) > 0 else { return }
    var causes: [Cause] = []
    var numbers: [Key: Int] = [:]
    var causeOfTask: [TaskID: Int] = [:]
    let failed = table.ids(in: .failed)
    for row in 0..<failed.count {
      guard let id = failed.select(row), let task = table.details(of: id) else { continue }
      let reason = task.reason ?? task.exitCode.map { "exit \($0)" } ?? "no reason given"
      let key = Key(pattern: Self.pattern(of: reason), exitCode: task.exitCode, signal: task.signal)
      let number = numbers[key] ?? causes.count
      if number == causes.count {
        numbers[key] = number
        causes.append(Cause(reason: reason, first: id, exitCode: task.exitCode, signal: task.signal))
      }
      causes[number].count += 1
      if causes[number].reason != reason { causes[number].reason = key.pattern }
      causeOfTask[id] = number
    }
    let canceled = table.ids(in: .canceled)
    // In order, so that what a task waited for is known before it is.
    var causeOfLabel: [String: Int?] = [:]
    for row in 0..<canceled.count {
      guard let id = canceled.select(row), let reason = table.reason(of: id) else { continue }
      let number: Int?
      if let known = causeOfLabel[reason] {
        number = known
      } else {
        number = Self.label(in: reason).flatMap { table.task(named: $0) }.flatMap { causeOfTask[$0] }
        causeOfLabel[reason] = number
      }
      guard let number else { continue }
      causes[number].canceled += 1
      causeOfTask[id] = number
    }
    all = causes.sorted { $0.count == $1.count ? $0.first < $1.first : $0.count > $1.count }
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

  /// Of `bad.0 is FAILED` the label.
  private static func label(in reason: String) -> String? {
    for state in [TaskState.failed, .canceled] where reason.hasSuffix(" is \(state.name)") {
      return String(reason.dropLast(4 + state.name.count))
    }
    return nil
  }
}
