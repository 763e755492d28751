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

    /// `4 × exit 3: no such file (2 canceled because of that)`.
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
    var causes: [Cause] = []
    var numbers: [Key: Int] = [:]
    table.forEachFailure { id, lost in
      guard let task = table.details(of: id) else { return }
      let reason = task.reason ?? task.exitCode.map { "exit \($0)" } ?? "no reason given"
      let key = Key(pattern: Self.pattern(of: reason), exitCode: task.exitCode, signal: task.signal)
      let number = numbers[key] ?? causes.count
      if number == causes.count {
        numbers[key] = number
        causes.append(Cause(reason: reason, first: id))
      }
      causes[number].count += 1
      causes[number].canceled += lost.count
      if causes[number].reason != reason { causes[number].reason = key.pattern }
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
}
