import JSON
import SessionModel
import Work

/// A batch as members of an object, in the journal and in the head of a checkpoint.
struct BatchMembers: Sendable {
  var first: UInt32 = 0
  var count = 0
  var description = TaskDescription(name: "")
  /// The number of the first member; `nil` for a single task.
  var member: Int?
  var commands: CommandList?
  /// Whether the commands stand elsewhere: a checkpoint has them raw.
  var hasCommands: Bool?
  var uid: String?

  static let record = JSONRecord(
    BatchMembers(),
    .required("first", \.first, .integer),
    .required("count", \.count, .integer),
    .required("description", \.description, TaskDescription.coding),
    .optional("member", \.member, .integer),
    .optional("commands", \.commands, CommandList.coding),
    .optional("has_commands", \.hasCommands, .flag),
    .optional("uid", \.uid, .text))

  private init() {}

  init(_ batch: TaskBatch) {
    (first, count, description) = (batch.first.number, batch.count, batch.description)
    uid = batch.uid
    switch batch.members {
    case .single: break
    case .ensemble(let first, _): member = first
    case .commands(let first, let list): (member, commands) = (first, list)
    }
  }

  /// As in a checkpoint.
  var withoutCommands: BatchMembers {
    var copy = self
    if commands != nil { (copy.commands, copy.hasCommands) = (nil, true) }
    return copy
  }

  /// - Throws: `JSONError` when the numbers contradict each other.
  func batch() throws(JSONError) -> TaskBatch {
    let limit = Int(UInt32.max)
    func require(_ holds: Bool, _ name: String, _ value: Int) throws(JSONError) {
      if !holds { throw JSONError([.member(name)], "cannot be \(value)") }
    }
    try require(count >= 0 && count <= limit - Int(first), "count", count)
    guard let member else {
      try require(count == 1 && commands == nil, "count", count)
      return TaskBatch(first: TaskID(first), description: description, members: .single, uid: uid)
    }
    try require(member >= 0 && member <= limit - count, "member", member)
    guard let commands else {
      return TaskBatch(
        first: TaskID(first), description: description, members: .ensemble(first: member, count: count))
    }
    try require(commands.count == count, "commands", commands.count)
    return TaskBatch(first: TaskID(first), description: description, members: .commands(first: member, commands))
  }
}

extension CommandList {
  /// A list of texts.
  static let coding = JSONCoding<CommandList>(
    read: { scanner in
      var list = CommandList()
      try scanner.beginArray()
      while try scanner.nextElement() { list.append(try scanner.string().text.utf8) }
      return list
    },
    write: { list, writer in
      writer.beginArray()
      for index in 0..<list.count { writer.string(list[index]) }
      writer.endArray()
    })
}
