/// Tasks added together under one description: a single task, an ensemble, or a list of shell commands.
///
/// One batch of a million members costs one description, so a session can hold a million queued tasks. Copies share
/// their storage.
public struct TaskBatch: Equatable, Sendable {
  public enum Members: Equatable, Sendable {
    /// One task, named as its description says.
    case single
    /// `count` tasks, with `{member}` in the description standing for `first`, `first + 1`, …
    case ensemble(first: Int, count: Int)
    /// One task a shell command; the first is member `first`.
    case commands(first: Int, CommandList)
  }

  /// The id of the first member; the others follow without gaps.
  public let first: TaskID
  public let description: TaskDescription
  public let members: Members
  /// What the program calls the task that runs its session itself; `nil` in sessions of this program, and of several.
  public let uid: String?

  public init(first: TaskID, description: TaskDescription, members: Members, uid: String? = nil) {
    self.first = first
    self.description = description
    self.members = members
    self.uid = members == .single ? uid : nil
  }

  public var count: Int {
    switch members {
    case .single: 1
    case .ensemble(_, let count): count
    case .commands(_, let list): list.count
    }
  }

  public var ids: Range<UInt32> { first.number..<(first.number + UInt32(count)) }

  /// The number that `{member}` stands for in the task `id` of this batch; `nil` for a single task.
  public func member(of id: TaskID) -> Int? {
    let offset = Int(id.number - first.number)
    return switch members {
    case .single: nil
    case .ensemble(let first, _): first + offset
    case .commands(let first, _): first + offset
    }
  }

  /// What people call the task: `name`, or `name.member`.
  public func label(of id: TaskID) -> String {
    Self.label(of: description, member: member(of: id))
  }

  static func label(of description: TaskDescription, member: Int?) -> String {
    member.map { "\(description.name).\($0)" } ?? description.name
  }

  /// The line of one task of a list of commands.
  func command(of id: TaskID) -> String? {
    if case .commands(_, let list) = members { list[Int(id.number - first.number)] } else { nil }
  }

  /// The whole description of one task, with its member number and its command in place.
  public func description(of id: TaskID) -> TaskDescription { resolved(id, attempt: 1).description }

  /// What one task runs, to be given to a shell.
  public func shellLine(of id: TaskID) -> String { command(of: id) ?? description(of: id).shellLine }

  /// The command line of one task, for people: not quoted for a shell.
  public func commandLine(of id: TaskID) -> String {
    if let command = command(of: id) { return command }
    let line = description.commandLine
    guard let member = member(of: id) else { return line }
    return line.replacing(literal: "{member}", with: String(member))
  }
}

/// Many short texts in one piece of memory: a million commands cost their bytes and four more each.
public struct CommandList: Equatable, Sendable {
  // Of the package for the coding of checkpoints.
  package private(set) var bytes: [UInt8] = []
  package private(set) var ends: [UInt32] = []

  public init() {}

  public init(_ commands: some Sequence<String>) {
    for command in commands { append(command.utf8) }
  }

  /// The list that was in memory as `bytes` and `ends`; `nil` when they contradict each other.
  package init?(bytes: [UInt8], ends: [UInt32]) {
    guard Int(ends.last ?? 0) == bytes.count, zip(ends, ends.dropFirst()).allSatisfy({ $0 <= $1 }) else { return nil }
    self.bytes = bytes
    self.ends = ends
  }

  public var count: Int { ends.count }
  public var isEmpty: Bool { ends.isEmpty }
  /// The bytes of all commands together.
  public var byteCount: Int { bytes.count }

  /// Adds a command.
  ///
  /// - Returns: false when it was not taken: the list would be larger than `byteLimit`.
  @discardableResult
  public mutating func append(_ command: some Collection<UInt8>) -> Bool {
    guard command.count <= Self.byteLimit - bytes.count else { return false }
    bytes.append(contentsOf: command)
    ends.append(UInt32(bytes.count))
    return true
  }

  /// All commands of a list together; more are offered as several lists.
  public static let byteLimit = 1 << 30

  public subscript(index: Int) -> String { String(decoding: utf8(at: index), as: UTF8.self) }

  func utf8(at index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]
  }
}

extension [TaskBatch] {
  /// The batch that a task is of, where they are in the order of their ids; `nil` when it is of none.
  public func batch(of id: TaskID) -> TaskBatch? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].first <= id { low = middle + 1 } else { high = middle }
    }
    guard low > 0, self[low - 1].ids.contains(id.number) else { return nil }
    return self[low - 1]
  }
}
