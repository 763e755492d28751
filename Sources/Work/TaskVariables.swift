/// What SCALE-MS tells a task by its environment, whatever engine runs it.
public enum TaskVariables {
  public static let session = "SCALEMS_SESSION_ID"
  public static let sessionDirectory = "SCALEMS_SESSION_DIR"
  public static let task = "SCALEMS_TASK_ID"
  public static let name = "SCALEMS_TASK_NAME"
  public static let clientDirectory = "SCALEMS_CLIENT_DIR"
  public static let taskDirectory = "SCALEMS_TASK_DIR"
  public static let ranks = "SCALEMS_RANKS"
  public static let rank = "SCALEMS_RANK"
  public static let coresPerRank = "SCALEMS_CORES_PER_RANK"
  public static let attempt = "SCALEMS_ATTEMPT"
  public static let member = "SCALEMS_MEMBER"

  /// What is true of every task, and not the workflow's to say.
  public static let own: Set<String> = [
    session, sessionDirectory, clientDirectory, taskDirectory, task, name, ranks, rank, coresPerRank, attempt, member,
    "PWD",
  ]

  /// All of them but the directory and the rank, which some engines know only when the task starts.
  public static func facts(
    of task: ResolvedTask, session: String, sessionDirectory: String, clientDirectory: String
  ) -> [(name: String, value: String)] {
    let resources = task.description.resources
    var list = [
      (Self.session, session), (Self.sessionDirectory, sessionDirectory),
      (Self.clientDirectory, task.description.clientDirectory ?? clientDirectory), (Self.task, task.id.uid),
      (name, task.label), (ranks, String(resources.ranks)), (coresPerRank, String(resources.coresPerRank)),
      (attempt, String(task.attempt)),
    ]
    if let number = task.member { list.append((member, String(number))) }
    return list
  }

  /// Why a task was not started in the directory that it was to run in.
  public static func cannotEnter(_ directory: String, _ why: String) -> String {
    "the directory to run in, \(directory), cannot be entered: \(why)"
  }

  /// How a process of the task, or of the session, is known by its environment.
  public static func mark(of id: TaskID) -> String { "\(task)=\(id.uid)" }
  public static func mark(ofSession id: String) -> String { "\(session)=\(id)" }
}
