/// What is to be brought into a task's directory, or out of it, as a value: every engine carries it out by the same
/// rules (the table "Staging" of the README), on the machine where the task runs.
public struct StagingPlan: Equatable, Sendable {
  public struct Step: Equatable, Sendable {
    /// The source as the workflow has it, for people.
    public var named: String
    /// A path; one that is not absolute is of the task's directory.
    public var source: String
    /// The same; one that ends in `/` is a directory that gets the file.
    public var target: String
    public var action: StagingDirective.Action
    /// Where the source is if an earlier attempt of the task took it away.
    public var earlier: String?

    public init(
      named: String, source: String, target: String, action: StagingDirective.Action, earlier: String? = nil
    ) {
      self.named = named
      self.source = source
      self.target = target
      self.action = action
      self.earlier = earlier
    }
  }

  public var direction: StagingDirective.Direction
  /// Whose it is: what is under way is called `.NAME.stage.TAG`, so that another attempt finds what a killed one left.
  public var tag: String
  public var steps: [Step]

  public init(direction: StagingDirective.Direction, tag: String, steps: [Step]) {
    self.direction = direction
    self.tag = tag
    self.steps = steps
  }

  /// - Parameters:
  ///   - locations: its directories; that of the task may be `.`, when only the engine's machine knows it.
  ///   - earlier: where earlier attempts of the task ran.
  public init(
    of task: ResolvedTask, _ direction: StagingDirective.Direction, locations: Locations, earlier: String? = nil
  ) {
    let directives = direction == .input ? task.description.inputs : task.description.outputs
    self.init(
      direction: direction, tag: Self.tag(of: task.id, session: locations.session),
      steps: directives.map { directive in
        let target = directive.target(direction)
        let isMoved = direction == .input && directive.action == .move && target.base == .task
        return Step(
          named: directive.source, source: locations.path(of: directive.source(direction)),
          target: locations.path(of: target), action: directive.action,
          earlier: isMoved ? earlier.map { "\($0)/\(target.path)" } : nil)
      })
  }

  /// Two sessions may bring files of the same names to one directory at the same time.
  static func tag(of id: TaskID, session: String) -> String {
    let hash = session.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return "\(id.uid).\(String(hash % 0xffff_ffff, radix: 36))"
  }
}
