/// A file that one task brought in place of another's: with patterns and directories that can't be known before.
public struct StagingMeeting: Equatable, Sendable {
  /// The file of a session, in its directory, that says which task brought which file.
  public static let tableName = "brought"

  public var path: String
  /// The tasks, as people know them.
  public var earlier: String
  public var later: String

  public init(path: String, earlier: String, later: String) {
    self.path = path
    self.earlier = earlier
    self.later = later
  }

  /// For the session's log.
  public var sentence: String {
    "\(path): the file that task \(earlier) brought was replaced by that of task \(later)"
  }
}

/// Those of one task.
public struct StagingMeetings: Equatable, Sendable {
  /// Of one task, so many are named.
  public static let namedLimit = 20
  /// So many are told one by one, of a whole session: more would bury what else its log says.
  public static let toldLimit = 1000

  /// The first of them.
  public private(set) var named: [StagingMeeting] = []
  public private(set) var count = 0

  public init() {}

  public mutating func add(_ meeting: StagingMeeting) {
    count += 1
    if named.count < Self.namedLimit { named.append(meeting) }
  }

  /// For the session's log.
  ///
  /// - Parameter left: how many may still be told; less those that were.
  public func sentences(within left: inout Int) -> [String] {
    guard left > 0 else { return [] }
    var result = named.prefix(left).map(\.sentence)
    left -= result.count
    if left == 0 { return result + ["more files of one task were replaced by those of another: they are not named"] }
    if let last = named.last, count > named.count {
      result.append("\(count - named.count) more files were replaced by those of task \(last.later)")
    }
    return result
  }
}
