/// Where the tasks of a session write, as far as that is known before they run: for work that is offered later.
///
/// It holds a bounded number of places, those of the first tasks: whoever offers more than that is not told of targets that
/// meet, and the later file replaces the earlier one.
public struct SessionTargets: Sendable {
  private static let limit = 100_000
  private var table = TargetTable()

  public init() {}

  /// - Parameters:
  ///   - owner: the number of the batch.
  ///   - client: the workflow's directory, where it is known.
  public mutating func insert(_ batch: TaskBatch, as owner: Int, client: String?) {
    let description = batch.description
    for direction in [StagingDirective.Direction.input, .output] {
      for directive in direction == .input ? description.inputs : description.outputs {
        let target = TargetPlace(directive, direction, client: client)
        guard !target.isOwn, let key = target.key, table.count < Self.limit else { continue }
        let count = key.contains("{member}") ? batch.count : 1
        table.insert(key, .init(owner: owner, count: count, isDirectory: target.isDirectory))
      }
    }
  }

  /// The number of the batch that writes a place which a name with `{member}` stands for.
  public func owner(of key: String, members count: Int, joins isDirectory: Bool = false) -> Int? {
    var comparisons = 0
    return table.meeting(key, count, &comparisons) { $0.isDirectory && isDirectory }?.entry.owner
  }

  /// The number of the batch that writes a place.
  public func owner(of place: String, joins isDirectory: Bool = false) -> Int? {
    table.entry(at: place).flatMap { $0.isDirectory && isDirectory ? nil : $0.owner }
  }
}
