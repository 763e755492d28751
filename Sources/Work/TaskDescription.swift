/// What a task is: field names of SCALE-MS's `SubprocessInput`, and of RP's `TaskDescription` for the rest.
public struct TaskDescription: Equatable, Sendable {
  /// Unique in the workflow; tasks name each other by it in `after`.
  public var name: String
  /// The program and its arguments; empty for a function, and when a `TaskBatch` carries one shell command a member.
  public var argv: [String]
  /// The Python function that is called instead of a program. Such a task goes through the raptor.
  public var function: FunctionCall?
  public var stdin: StandardInput?
  /// Set on top of the environment the session was started in.
  public var environment: [String: String]
  /// File name of the standard output, in the task's directory.
  public var stdout: String
  /// File name of the standard error, in the task's directory.
  public var stderr: String
  /// Staged into the task's directory before it starts.
  public var inputs: [StagingDirective]
  /// Staged out of the task's directory after it ended.
  public var outputs: [StagingDirective]
  public var resources: TaskResources
  public var launcher: Launcher
  /// Shell commands run before the program, in the same shell.
  public var preExec: [String]
  /// Seconds the task may run; `nil` is no limit.
  public var timeout: Double?
  /// Whether the task goes through the raptor.
  public var raptor: Bool
  /// Names of the items that must be DONE first: `name`, or `name.3` for one member of an ensemble.
  public var after: [String]
  /// How often a FAILED task is run again.
  public var retries: Int
  /// Where the program runs, as an absolute path; in the task's own directory when `nil`. Standard output and error are
  /// in that in any case.
  public var directory: String?
  /// What the task is told to be the directory of the client, as an absolute path; that of the session when `nil`.
  public var clientDirectory: String?

  /// A task with a `function` goes through the raptor, whatever `raptor` says.
  public init(
    name: String, argv: [String] = [], function: FunctionCall? = nil, stdin: StandardInput? = nil,
    environment: [String: String] = [:],
    stdout: String = "stdout", stderr: String = "stderr", inputs: [StagingDirective] = [],
    outputs: [StagingDirective] = [], resources: TaskResources = TaskResources(), launcher: Launcher = .auto,
    preExec: [String] = [],
    timeout: Double? = nil, raptor: Bool = false, after: [String] = [], retries: Int = 0,
    directory: String? = nil, clientDirectory: String? = nil
  ) {
    self.name = name
    self.argv = argv
    self.function = function
    self.stdin = stdin
    self.environment = environment
    self.stdout = stdout
    self.stderr = stderr
    self.inputs = inputs
    self.outputs = outputs
    self.resources = resources
    self.launcher = launcher
    self.preExec = preExec
    self.timeout = timeout
    self.raptor = raptor || function != nil
    self.after = after
    self.retries = retries
    self.directory = directory
    self.clientDirectory = clientDirectory
  }

  /// What the task runs, for people: not quoted for a shell.
  public var commandLine: String { function?.description ?? TaskCommand(argv: argv).words }

  /// What the task runs, to be given to a shell; of a function what ``commandLine`` says.
  public var shellLine: String { function?.description ?? TaskCommand(argv: argv).shellLine }

  /// The description of member `member` of an ensemble: every `{member}` replaced by its number.
  public func substituting(member: Int) -> TaskDescription {
    let number = String(member)
    func fill(_ text: String) -> String { text.replacing(literal: "{member}", with: number) }
    var copy = self
    copy.argv = argv.map(fill)
    copy.function = function?.substituting(member: member)
    copy.stdin = stdin?.mapText(fill)
    copy.environment = environment.mapValues(fill)
    copy.stdout = fill(stdout)
    copy.stderr = fill(stderr)
    copy.inputs = inputs.map { $0.mapText(fill) }
    copy.outputs = outputs.map { $0.mapText(fill) }
    copy.preExec = preExec.map(fill)
    copy.after = after.map(fill)
    return copy
  }
}

/// What a task needs of its pilot.
public struct TaskResources: Equatable, Sendable {
  /// Processes of the task.
  public var ranks: Int
  public var coresPerRank: Int
  public var gpusPerRank: Int

  public init(ranks: Int = 1, coresPerRank: Int = 1, gpusPerRank: Int = 0) {
    self.ranks = ranks
    self.coresPerRank = coresPerRank
    self.gpusPerRank = gpusPerRank
  }

  public var cores: Int { Self.total(ranks, max(1, coresPerRank)) }
  public var gpus: Int { Self.total(ranks, max(0, gpusPerRank)) }

  /// More than any pilot has is what a damaged file says: it fits nowhere, and a sum over all tasks does not overflow.
  private static func total(_ ranks: Int, _ each: Int) -> Int {
    let most = 1 << 30
    let (product, overflows) = max(1, ranks).multipliedReportingOverflow(by: each)
    return overflows ? most : min(product, most)
  }
}

/// Where a task's standard input comes from; without one it reads `/dev/null`.
public enum StandardInput: Equatable, Sendable {
  case text(String)
  /// A `Location`; a relative path belongs to the directory of the workflow.
  case file(String)

  func mapText(_ transform: (String) -> String) -> StandardInput {
    switch self {
    case .text(let text): .text(transform(text))
    case .file(let path): .file(transform(path))
    }
  }
}

/// One file or directory to bring into, or out of, a task's directory: each end is a `Location`, whose relative paths
/// belong to the task's directory on its side, and to the client's on the other.
public struct StagingDirective: Equatable, Sendable {
  public enum Action: String, CaseIterable, Sendable { case copy, link, move }
  public var source: String
  public var target: String
  public var action: Action

  public init(source: String, target: String, action: Action = .copy) {
    self.source = source
    self.target = target
    self.action = action
  }

  func mapText(_ transform: (String) -> String) -> StagingDirective {
    StagingDirective(source: transform(source), target: transform(target), action: action)
  }
}

extension String {
  /// `replacingOccurrences` without Foundation, which costs 6 ms at start.
  package func replacing(literal: String, with replacement: String) -> String {
    guard utf8.contains(UInt8(ascii: "{")) else { return self }
    let text = Array(utf8)
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index...].starts(with: literal.utf8) {
        result.append(contentsOf: replacement.utf8)
        index += literal.utf8.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
