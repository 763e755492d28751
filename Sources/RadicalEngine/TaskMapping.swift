import Executor
import Glibc
import Platform
import PythonCall
import SessionModel
import Work

/// Makes RP's task descriptions of ours.
///
/// RP hands everything to a shell. What a task gets must be what the workflow says, so the program and all it has come in
/// words that no shell minds (`TaskWords`) to `run_task.py`, and the rest is quoted here. RP's directory of a task is its
/// own: scripts, and how things ended. The task's is where it is on every engine, in the session's. Staging is done by
/// the shell, too, on the machine of the agent: RP's own ignores files that are missing. The directories of workflow and
/// session have to be on a file system that the pilot shares.
struct TaskMapping: Sendable {
  var session: String
  /// RADICAL-Pilot's.
  var venv: String
  /// What tasks run in; RADICAL-Pilot's when `nil`.
  var targetVenv: String?
  var clientDirectory: String
  var sessionDirectory: String
  /// Seconds.
  var killGrace: Double
  var placement = TaskPlacement()
  /// `OMP_NUM_THREADS` of the user.
  var inheritedThreads: String?
  /// What the file of the user's environment hashes to.
  var environmentHash = UserEnvironment.hash
  /// Whether tasks run on this machine, without a batch system that has something to say of their environment.
  var isOnThisMachine = true
  /// A directory of this machine for what MPI keeps beside its processes.
  var scratch: String?
  /// The raptor that tasks go through that want one.
  var raptor = ""

  /// RP's id of one submission of a task, the first being 1; RP takes an id only once.
  static func uid(_ id: TaskID, submission: Int) -> String { submission == 1 ? id.uid : "\(id.uid).\(submission)" }

  /// The task that an id of RP belongs to, and which submission.
  static func task(of uid: String) -> (id: TaskID, submission: Int)? {
    // Bytes, not characters: every event of a task comes through here.
    var rest = uid.utf8[...]
    guard rest.starts(with: "task.".utf8) else { return nil }
    rest = rest.dropFirst(5)
    guard let number = takeNumber(&rest) else { return nil }
    if rest.isEmpty { return (TaskID(number), 1) }
    guard rest.popFirst() == UInt8(ascii: "."), let submission = takeNumber(&rest), rest.isEmpty, submission > 1 else {
      return nil
    }
    return (TaskID(number), Int(submission))
  }

  /// The digits that a text begins with.
  private static func takeNumber(_ text: inout Substring.UTF8View) -> UInt32? {
    var value: UInt32?
    while let digit = text.first.map({ $0 &- UInt8(ascii: "0") }), digit < 10 {
      let (tens, isTooLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, overflows) = tens.addingReportingOverflow(UInt32(digit))
      guard !isTooLarge, !overflows else { return nil }
      value = sum
      text.removeFirst()
    }
    return value
  }

  /// Whether a task is a call of a function rather than a program.
  func isCall(_ description: TaskDescription) -> Bool { description.function != nil }

  /// Whether a call has begun: it leaves a mark then. The id is RP's, of one submission.
  static func hasStarted(_ uid: String, in sandbox: String?) -> Bool {
    guard let sandbox, task(of: uid) != nil else { return false }
    return access("\(sandbox)/\(uid)/.scalems.\(uid).started", F_OK) == 0
  }

  /// Why a task cannot be given to RP as things stand.
  static func refusal(of description: TaskDescription, raptorTakesWork: Bool) -> String? {
    description.raptor && !raptorTakesWork ? "there is no raptor that takes work" : nil
  }

  /// Why a task cannot be given to RP; RP itself would not say, and leave it stuck or call it DONE.
  ///
  /// Looks at files, and writes the one of the standard input.
  func refusal(of task: ResolvedTask) -> String? {
    let description = task.description
    if let directory = description.directory, access(directory, X_OK) != 0 {
      return TaskVariables.cannotEnter(directory, errorText())
    }
    for directive in description.inputs {
      guard let path = path(of: directive.source(.input)) else { continue }
      // A pattern is filled in where the task runs, and what an earlier attempt took is looked for there.
      if FileNamePattern.isPattern(path) || (directive.action == .move && task.attempt > 1) { continue }
      guard access(path, F_OK) == 0 else {
        return "the input '\(directive.source)' does not exist (looked for \(path))"
      }
    }
    switch description.stdin {
    case nil: return nil
    case .file(let name):
      guard let path = path(of: description.inputLocation(of: name)) else { return nil }
      do throws(FileError) { _ = try InputFile.open(path) } catch { return "the standard input \(error)" }
      return nil
    case .text(let text):
      do { try writeFile(stdinPath(of: task.id), Array(text.utf8)) } catch { return "\(error)" }
      return nil
    }
  }

  func map(_ task: ResolvedTask, submission: Int) -> RPTask {
    let description = task.description
    var result = RPTask(uid: Self.uid(task.id, submission: submission), name: Self.escaped(Self.plainName(task.label)))
    result.stdout = Self.shellName(description.stdout, standIn: "scalems.stdout")
    result.stderr = Self.shellName(description.stderr, standIn: "scalems.stderr")
    if description.raptor { result.raptorID = raptor }
    result.hold(description)
    result.timeout = description.timeout
    if let function = description.function { return call(function, result, task, submission) }
    // `run_task.py` makes the program's process of its words.
    result.executable = CheckedProgram.runner.command(venv + "/bin/python", "-IS", in: sessionDirectory)
    result.arguments = words(of: task)
    let scratch = RankScratch(of: task, in: scratch)
    result.preLaunch =
      [makeDirectory(of: task)] + [stagingCommand(.input, task, submission)].compactMap(\.self) + givenInput(of: task)
      + namedOutput(result, description) + (scratch?.before ?? [])
    result.postLaunch = [stagingCommand(.output, task, submission)].compactMap(\.self) + (scratch?.after ?? [])
    return result
  }

  /// The user's environment.
  private var environmentPath: String { "\(sessionDirectory)/radical/\(UserEnvironment.fileName)" }

  private func directory(of id: TaskID) -> String { "\(sessionDirectory)/tasks/\(id.uid)" }

  /// The file in RP's directory of a task that says what was wrong with its files.
  static let problemFile = "scalems.problem"

  /// Makes the directory of a task; RP's has a link to it, of which its shell minds nothing.
  private func makeDirectory(of task: ResolvedTask) -> String {
    "{ SCALEMS_DIR=\(TaskCommand.quoted(directory(of: task.id))); { mkdir -p -- \"$SCALEMS_DIR\" "
      + "&& ln -sfn -- \"$SCALEMS_DIR\" dir; } 2> \(Self.problemFile); }"
  }

  /// What `run_task.py` makes the program's process of.
  private func words(of task: ResolvedTask) -> [String] {
    let description = task.description
    var words = TaskWords()
    if isOnThisMachine { words.add("h", "") }
    words.add("V", targetVenv ?? venv)
    words.add("t", directory(of: task.id))
    words.add("g", String(killGrace))
    words.add("E", environmentPath)
    words.add("H", environmentHash)
    for (name, value) in variables(of: task).sorted(by: { $0.key < $1.key }) { words.add("e", "\(name)=\(value)") }
    for (name, value) in description.environment.sorted(by: { $0.key < $1.key })
    where !TaskVariables.own.contains(name) {
      words.add("v", "\(name)=\(value)")
    }
    if let directory = description.directory { words.add("d", directory) }
    switch description.stdin {
    case nil: break
    case .file(let path):
      let location = description.inputLocation(of: path)
      words.add("i", self.path(of: location) ?? location.path)
    case .text: words.add("i", "stdin")
    }
    // RP opens a file twice that is to have both outputs.
    if OutputNames(description).areShared { words.add("o", "") }
    if PlainRanks.areWanted(by: description) { words.add("n", String(description.resources.ranks)) }
    if !description.preExec.isEmpty {
      words.add("s", PreExec.script)
      for entry in description.preExec { words.add("p", entry) }
    }
    for argument in description.argv { words.add("a", argument) }
    return words.words
  }

  /// A function runs in a worker of the raptor: no shell comes near it, and its time limit is kept there.
  private func call(
    _ function: FunctionCall, _ base: RPTask, _ task: ResolvedTask, _ submission: Int
  ) -> RPTask {
    let description = task.description
    var result = base
    result.timeout = nil
    var variables = self.variables(of: task).merging(description.environment) { $1 }
    for (name, value) in facts(of: task) { variables[name] = value }
    variables[TaskVariables.rank] = "0"
    let request = PythonCall.request(
      function, of: description, uid: task.id.uid, directory: nil, variables: variables)
    result.call = RPCall(
      request: String(decoding: request, as: UTF8.self), path: clientDirectory,
      program: CheckedProgram.caller.path(in: sessionDirectory), hash: CheckedProgram.caller.hash,
      directory: directory(of: task.id), venv: targetVenv ?? venv,
      python: targetVenv.flatMap { $0 == venv ? nil : $0 + "/bin/python" }, environment: environmentPath,
      environmentHash: environmentHash,
      isOnThisMachine: isOnThisMachine,
      before: [stagingCommand(.input, task, submission)].compactMap(\.self),
      after: [stagingCommand(.output, task, submission)].compactMap(\.self), timeout: description.timeout,
      grace: killGrace)
    return result
  }

  /// What is true of a task, over the user's environment.
  private func variables(of task: ResolvedTask) -> [String: String] {
    var result = facts(of: task)
    result[TaskPlacement.threads] = threads(of: task.description)
    return result
  }

  private func threads(of description: TaskDescription) -> String? {
    placement.threads(of: description, isInherited: inheritedThreads != nil)
      ?? (description.environment[TaskPlacement.threads] == nil ? inheritedThreads : nil)
  }

  /// Whether tasks of a resource run on this machine, without a batch system.
  static func isOnThisMachine(_ resource: String) -> Bool { resource.hasPrefix("local.") }

  private func facts(of task: ResolvedTask) -> [String: String] {
    let facts = TaskVariables.facts(
      of: task, session: session, sessionDirectory: sessionDirectory, clientDirectory: clientDirectory)
    return Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
  }

  /// Brings the text that a task reads to where it is on every engine.
  private func givenInput(of task: ResolvedTask) -> [String] {
    guard case .text = task.description.stdin else { return [] }
    return ["mv -f -- \(TaskCommand.quoted(stdinPath(of: task.id))) \"$SCALEMS_DIR\"/stdin"]
  }

  /// Where the text waits that a task reads.
  func stdinPath(of id: TaskID) -> String { "\(sessionDirectory)/radical/\(id.uid).stdin" }

  /// Puts the files of the standard streams behind the names that RP has for them.
  private func namedOutput(_ result: RPTask, _ description: TaskDescription) -> [String] {
    [(result.stdout, description.stdout), (result.stderr, description.stderr)].compactMap { name, file in
      guard let name, name != "dir/\(file)" else { return nil }
      return "ln -sfn -- \"$SCALEMS_DIR\"/\(TaskCommand.quoted(file)) \(name)"
    }
  }

  /// The path of a location; `nil` for one in the task's directory, which RP makes.
  private func path(of location: Location) -> String? {
    guard location.base != .task else { return nil }
    return Locations(client: clientDirectory, session: sessionDirectory, task: ".", home: homeDirectory()).path(
      of: location)
  }

  // MARK: Quoting

  /// A file name for a shell to which RP gives it as it is: a stand-in for one with characters that a shell minds.
  private static func shellName(_ name: String, standIn: String) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
      default: "._-+=:,@%/".utf8.contains(byte)
      }
    }
    return isPlain ? "dir/\(name)" : standIn
  }

  /// What RADICAL-Pilot calls a task: it writes that in the encoding of its locale, which may have no more than ASCII.
  static func plainName(_ label: String) -> String {
    String(String.UnicodeScalarView(label.unicodeScalars.map { $0.isASCII ? $0 : "_" }))
  }

  /// Text that a shell takes literally within double quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      if "\\\"$`".unicodeScalars.contains(character) { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(character)
    }
    return result
  }
}
