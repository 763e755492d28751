/// One task as an engine runs it: of an ensemble, with the member's number in place; of a list of commands, with its
/// command; but without the resources it will get.
public struct ResolvedTask: Equatable, Sendable {
  public let id: TaskID
  /// 1 for the first run.
  public let attempt: Int
  /// What people call it.
  public let label: String
  /// The number that `{member}` stood for; `nil` for a single task.
  public let member: Int?
  public let description: TaskDescription
  public let needs: CoreNeeds

  /// - Parameters:
  ///   - shared: the description, which other members may share.
  ///   - command: of a member of a list of commands.
  public init(id: TaskID, attempt: Int, shared: TaskDescription, member: Int?, command: String?) {
    self.id = id
    self.attempt = attempt
    self.member = member
    label = TaskBatch.label(of: shared, member: member)
    if let command {
      var own = shared
      own.argv = TaskCommand.argv(ofCommand: command)
      description = own
    } else {
      description = member.map(shared.substituting(member:)) ?? shared
    }
    needs = CoreNeeds(shared.resources)
  }

  /// One that was resolved before, as an agent hands it on to its raptor: its own texts may hold what looks like a
  /// place for the number.
  public init(id: TaskID, attempt: Int, label: String, member: Int?, resolved: TaskDescription) {
    self.id = id
    self.attempt = attempt
    self.label = label
    self.member = member
    description = resolved
    needs = CoreNeeds(resolved.resources)
  }
}

extension TaskBatch {
  /// The task `id` of this batch, for an engine.
  public func resolved(_ id: TaskID, attempt: Int) -> ResolvedTask {
    ResolvedTask(id: id, attempt: attempt, shared: description, member: member(of: id), command: command(of: id))
  }
}
