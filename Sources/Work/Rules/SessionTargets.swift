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
    for place in Self.places(of: batch, client: client) where table.count < Self.limit {
      table.insert(place.key, .init(owner: owner, count: place.count, isDirectory: place.isDirectory))
    }
  }

  /// Where the tasks of a batch write.
  public static func places(of batch: TaskBatch, client: String?) -> [WantedPlace] {
    let description = batch.description
    return [StagingDirective.Direction.input, .output].flatMap { direction in
      (direction == .input ? description.inputs : description.outputs).compactMap { directive in
        let target = TargetPlace(directive, direction, client: client)
        guard !target.isOwn, let key = target.key else { return nil }
        let count = key.contains("{member}") ? batch.count : 1
        return WantedPlace(key: key, count: count, isDirectory: target.isDirectory)
      }
    }
  }

  /// The number of the batch that writes a place, or one of those that a name with `{member}` stands for.
  ///
  /// - Parameter isOver: whether a batch does not count any more.
  public func owner(of place: WantedPlace, unless isOver: (Int) -> Bool) -> Int? {
    func isSpared(_ entry: TargetTable.Entry) -> Bool { entry.isDirectory && place.isDirectory || isOver(entry.owner) }
    if let entry = table.entry(at: place.key), !isSpared(entry) { return entry.owner }
    guard place.hasMember else { return nil }
    var comparisons = 0
    return table.meeting(place.key, place.count, &comparisons, sparing: isSpared)?.entry.owner
  }
}

/// A place that a task, or each member of an ensemble, is to write.
public struct WantedPlace: Sendable {
  public var key: String
  /// How many members `{member}` in it stands for; 1 without.
  public var count: Int
  /// Whether it is a directory, which joins another.
  public var isDirectory: Bool
  var hasMember: Bool { key.contains("{member}") }
}
