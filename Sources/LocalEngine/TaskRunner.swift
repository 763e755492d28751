import Glibc
import Platform
import PythonCall
import SessionModel
import Staging
import Wire
import Words
import Work

/// Runs tasks as real processes: directory, staging, start, time limit, the end of the whole process tree, result.
///
/// Used by the agent for its tasks and by a raptor for those that go through it.
final class TaskRunner {
  /// The session's.
  var directory: HeldDirectory { configuration.directory }
  private let configuration: Configuration
  private let loop: PollLoop
  private let programs: TaskPrograms
  private var tasks: [TaskID: RunningTask] = [:]
  private var taskByPid: [pid_t: TaskID] = [:]
  /// Tasks that could not be started for want of something, whose directories hold nothing but inputs: where their
  /// earlier attempts ran.
  private var putBackTasks: [TaskID: String?] = [:]
  private let tasksDirectory: TasksDirectory
  /// Meetings of tasks that are still told one by one.
  private var meetingsLeft = StagingMeetings.toldLimit
  private var memory = OwnMemory()
  private let rankLaunch = RankLaunch()
  private let workers: FunctionWorkers

  /// Gets every fact that was learned.
  var emit: (SessionEvent) -> Void = { _ in }
  /// The task came to a final state; what it held is free.
  var onEnd: (TaskID) -> Void = { _ in }
  /// The task could not be started for want of something that is not its own affair; it is not here any more.
  var onShortage: (ResolvedTask, Shortage) -> Void = { _, _ in }
  /// Another directory stands where the session's was: nothing may be started any more.
  var onExchange: (TasksDirectory.Exchanged) -> Void = { _ in }

  /// - Throws: `HelperLinkError` when the directory of the tasks cannot be opened.
  init(configuration: Configuration, loop: PollLoop) throws {
    self.configuration = configuration
    self.loop = loop
    programs = TaskPrograms(configuration)
    do throws(FileError) { tasksDirectory = try TasksDirectory(of: configuration.directory) } catch {
      throw HelperLinkError(description: "the directory of the tasks: \(error)")
    }
    workers = FunctionWorkers(configuration: configuration, loop: loop, environment: programs.environment)
    loop.onChildEnded = { [unowned self] in reap() }
    workers.onAnswer = { [unowned self] in answered($0, $1) }
  }

  var runningCount: Int { tasks.count }
  var ids: [TaskID] { Array(tasks.keys) }
  func isRunning(_ id: TaskID) -> Bool { tasks[id] != nil }

  /// For the end of this process: nothing runs any more.
  func close() { rankLaunch.close() }

  // MARK: Start

  /// Starts a task, after staging its inputs.
  func start(_ item: ResolvedTask, _ slots: TaskSlots) {
    let directory = configuration.sessionDirectory + "/tasks/" + item.id.uid
    let task = RunningTask(item: item, directory: directory, slots: slots)
    tasks[item.id] = task
    guard isInPlace(task), makeDirectory(task) else { return }
    armTimer(task)
    guard !item.description.inputs.isEmpty else { return execute(task) }
    emit(task, .agentStagingInput)
    stage(.input, for: task) { [unowned self] task, problem in
      if let problem, task.endReason == nil {
        return failedToStart(task, Shortage(awayOf: places, problem), problem)
      }
      if task.endReason != nil || problem != nil { return end(task, .failed, reason: problem) }
      execute(task)
    }
  }

  /// A time limit counts from the start, staging included.
  private func armTimer(_ task: RunningTask) {
    guard let limit = task.item.description.timeout else { return }
    let left = max(.zero, task.begun + Duration(saturating: limit) - .now)
    loop.cancel(task.timer)
    task.timer = loop.after(left) { [unowned self, id = task.item.id] in
      guard let task = tasks[id], task.endReason == nil else { return }
      terminate(task, because: .timedOut(limit), grace: configuration.killGrace)
    }
  }

  /// Whether the session's directory is where it was; a task that would have begun there is seen to otherwise.
  private func isInPlace(_ task: RunningTask) -> Bool {
    do throws(TasksDirectory.Exchanged) {
      guard let shortage = try tasksDirectory.check() else { return true }
      failedToStart(task, shortage, shortage.reason)
    } catch {
      end(task, .failed, reason: error.description)
      onExchange(error)
    }
    return false
  }

  private func makeDirectory(_ task: RunningTask) -> Bool {
    let before = putBackTasks.removeValue(forKey: task.item.id)
    if let before { task.earlier = before }
    do throws(TasksDirectory.MakeError) {
      let kept = try tasksDirectory.make(task.item.id.uid, after: before == nil ? task.item.attempt - 1 : nil)
      if let kept { task.earlier = "\(configuration.sessionDirectory)/tasks/\(kept)" }
      task.hasDirectory = true
      return true
    } catch {
      let reason = error.sentence(of: task.directory)
      failedToStart(task, Shortage(error.code, .ownFile, reason), reason)
      return false
    }
  }

  /// The directories that every task starts from.
  private var places: [String] { [configuration.sessionDirectory + "/tasks", configuration.clientDirectory] }

  /// A task that could not be started: for want of something, or by its own fault.
  private func failedToStart(_ task: RunningTask, _ shortage: Shortage?, _ reason: String) {
    guard let shortage, task.endReason == nil else { return end(task, .failed, reason: reason) }
    putBack(task, shortage)
  }

  private func putBack(_ task: RunningTask, _ shortage: Shortage) {
    tasks[task.item.id] = nil
    rankLaunch.ended(task)
    loop.cancel(task.timer)
    if task.hasDirectory { putBackTasks[task.item.id] = .some(task.earlier) }
    onShortage(task.item, shortage)
  }

  private func stage(
    _ direction: StagingDirective.Direction, for task: RunningTask, then next: @escaping (RunningTask, String?) -> Void
  ) {
    let plan = StagingPlan(of: task.item, direction, locations: locations(of: task), earlier: task.earlier)
    let job = StagingJob(plan)
    task.staging = job
    let (item, poster) = (task.item, loop.poster)
    let id = item.id
    let directory = needsNotes(item.description, direction) ? configuration.directory : nil
    let moved = direction == .output ? task.moved : []
    let resume = LoopBound { [unowned self] (outcome: (moved: [StagingRemoval], problem: String?)) in
      guard let task = tasks[id] else { return }
      task.staging = nil
      tell(job.meetings)
      task.moved = outcome.moved
      next(task, outcome.problem)
    }
    // Copies take their time, and a file system may hang; the loop has other tasks to look after.
    let isStarted = startThread {
      do throws(StagingError) {
        let removals = try job.run(noting: directory.flatMap { BroughtFiles(in: $0, for: item) })
        StagingJob.remove(moved)
        poster.post { resume((removals, nil)) }
      } catch {
        let problem = error.description
        poster.post { resume(([], problem)) }
      }
    }
    guard !isStarted else { return }
    if direction == .input {
      let reason = "no thread could be made to bring its files"
      return failedToStart(task, Shortage(EAGAIN, .process, reason), reason)
    }
    loop.after(.milliseconds(200)) { [unowned self] in
      guard let task = tasks[id] else { return }
      if task.endReason == nil { stage(direction, for: task, then: next) } else { next(task, nil) }
    }
  }

  /// Whether other tasks may bring files to the same places.
  private func needsNotes(_ description: TaskDescription, _ direction: StagingDirective.Direction) -> Bool {
    direction == .output || description.inputs.contains { $0.target(.input).base != .task }
  }

  /// Says where a task's files came in place of another's.
  private func tell(_ meetings: StagingMeetings) {
    for words in meetings.sentences(within: &meetingsLeft) {
      emit(SessionEvent(source: configuration.source, .log(.warning, words)))
    }
  }

  private func execute(_ task: RunningTask) {
    guard isInPlace(task) else { return }
    let description = task.item.description
    if let function = description.function { return call(function, for: task) }
    let directory = description.directory ?? place(of: task)
    let isLaunched = description.usesLauncher
    let isPrepared = !description.preExec.isEmpty
    guard var program = programs.find(for: description, in: directory) else {
      task.result.exitCode = 127
      let why = isPrepared ? "bash, which runs pre_exec," : "the program '\(description.argv.first ?? "")'"
      return end(task, .failed, reason: "\(why) was not found in PATH")
    }
    var command = description.argv
    if isLaunched {
      command = rankLaunch.prefix(of: task) + command
      if !isPrepared { program = command[0] }
    }
    guard let files = openFiles(task) else { return }
    defer { files.close() }
    let variables = programs.variables(of: task)
    task.stage = .executing
    task.started = .now
    let time = Timestamp.now
    // A launcher tells its ranks themselves which they are.
    let processes = isLaunched ? 1 : max(1, description.resources.ranks)
    for number in 0..<processes {
      var argv = command
      var marker: PreExecMarker?
      if isPrepared {
        do { marker = try PreExecMarker() } catch {
          let reason = "no file for the progress of its pre_exec: \(error)"
          guard task.aliveRanks else { return failedToStart(task, Shortage(error.rawValue, .process, reason), reason) }
          return terminate(task, because: .rankFailed, grace: 0)
        }
        argv = PreExec.argv(
          description.preExec, then: command, shell: program, marker: marker?.path ?? "/dev/null")
      }
      let pid = programs.launch(
        program, argv, variables + (isLaunched ? [] : [(TaskVariables.rank, String(number))]), files, in: directory,
        on: task.slots.cores(ofRank: number, of: processes), hasInput: number == 0)
      guard pid > 0 else {
        let reason = programs.failure(of: argv.first ?? program, -pid, in: description.directory)
        if let shortage = Shortage(-pid, .process, reason) ?? Shortage(awayOf: [task.directory] + places, reason) {
          guard task.aliveRanks else { return putBack(task, shortage) }
          // What ran of it ran for an instant: the whole task is put back once that is gone.
          return terminate(task, because: .notStarted(shortage), grace: 0)
        }
        task.result.exitCode = pid == -ENOENT ? 127 : 126
        guard task.aliveRanks else { return end(task, .failed, reason: reason) }
        task.result.reason = reason
        terminate(task, because: .rankFailed, grace: configuration.killGrace)
        break
      }
      task.ranks.append(RunningTask.Rank(pid: pid, number: number, marker: marker))
      taskByPid[pid] = task.item.id
    }
    begun(task, at: time)
  }

  /// Has an interpreter call a function; until it answers, that is the process of the task.
  private func call(_ function: FunctionCall, for task: RunningTask) {
    guard let files = openFiles(task) else { return }
    defer { files.close() }
    task.stage = .executing
    task.started = .now
    let time = Timestamp.now
    do throws(FunctionWorkers.WorkersError) {
      let pid = try workers.call(
        function, of: task, in: tasksDirectory.sharedPlace(of: task.item.id.uid),
        variables: programs.variables(of: task) + [(TaskVariables.rank, "0")], files: files)
      task.ranks = [RunningTask.Rank(pid: pid, number: 0)]
      taskByPid[pid] = task.item.id
      begun(task, at: time)
    } catch {
      task.result.exitCode = error.exitCode
      failedToStart(task, error.shortage, error.description)
    }
  }

  private func openFiles(_ task: RunningTask) -> TaskFiles? {
    switch TaskFiles.open(task.item.description, locations(of: task), in: place(of: task)) {
    case .success(let files): return files
    case .failure(let problem):
      failedToStart(task, problem.shortage ?? Shortage(awayOf: places, problem.description), problem.description)
      return nil
    }
  }

  /// Goes over to the directory that the host has made in place of one that was taken away.
  func follow(_ identity: String) { tasksDirectory.follow(identity) }

  private func place(of task: RunningTask) -> String { tasksDirectory.place(of: task.item.id.uid) }

  private func locations(of task: RunningTask) -> Locations {
    Locations(
      client: configuration.clientDirectory, session: configuration.sessionDirectory, task: task.directory,
      home: homeDirectory())
  }

  private func begun(_ task: RunningTask, at time: Timestamp) {
    let result = TaskResult(attempt: task.item.attempt, pid: task.ranks.first?.pid)
    emit(SessionEvent(time: time, source: configuration.source, .task(task.item.id, .agentExecuting, result)))
  }

  // MARK: End

  /// Collects the children that ended: ranks of tasks, and orphans that came to this process.
  private func reap() {
    while let pid = ThisProcess.endedChild() {
      workers.readLastWords(of: pid)
      let owner = taskByPid[pid].flatMap { tasks[$0] }
      // While it is not waited for, its id is its own: what is left of its group can be killed without a doubt.
      if owner?.endReason == nil, owner != nil || workers.contains(pid) { kill(-pid, SIGKILL) }
      var status: Int32 = 0
      var usage = rusage()
      guard wait4(pid, &status, WNOHANG, &usage) == pid else { return }
      let wasWorker = workers.childEnded(pid)
      guard let id = taskByPid.removeValue(forKey: pid), let task = tasks[id] else {
        onOtherChild(pid, status)
        continue
      }
      if let index = task.ranks.firstIndex(where: { $0.pid == pid }) { task.ranks[index].isAlive = false }
      // An interpreter used the time for other calls, too.
      if !wasWorker { task.note(usage, memoryFloor: memory.floor()) }
      task.note(status: status)
      if task.aliveRanks {
        // The others of a parallel program would wait for it for ever.
        if status != 0, task.endReason == nil {
          terminate(task, because: .rankFailed, grace: configuration.killGrace)
        }
      } else {
        ranksEnded(task)
      }
    }
  }

  /// Returns whether the interpreter may be used again: not when it was told to end.
  private func answered(_ id: TaskID, _ answer: TaskResult) -> Bool {
    guard let task = tasks[id], let pid = task.ranks.first?.pid, task.endReason == nil else { return false }
    taskByPid[pid] = nil
    task.note(answer)
    ranksEnded(task)
    return true
  }

  /// A child that is no task: the raptor of an agent.
  var onOtherChild: (pid_t, Int32) -> Void = { _, _ in }

  private func ranksEnded(_ task: RunningTask) {
    loop.cancel(task.timer)
    task.result.wall = (ContinuousClock.now - task.started) / .seconds(1)
    guard task.endReason == nil else {
      task.stage = .emptying
      return awaitEmptyTree(task.item.id)
    }
    guard task.hasSucceeded else {
      guard task.item.description.usesLauncher else { return end(task, .failed, reason: failureText(task)) }
      // One that was killed leaves its ranks.
      return terminate(task, because: .rankFailed, grace: 0)
    }
    if let entry = task.unfinishedEntry { return end(task, .failed, reason: PreExec.notReached(in: entry)) }
    guard !task.item.description.outputs.isEmpty || !task.moved.isEmpty else { return end(task, .done, reason: nil) }
    task.stage = .stagingOutput
    emit(task, .agentStagingOutput)
    armTimer(task)
    stage(.output, for: task) { [unowned self] task, problem in
      end(task, problem == nil ? .done : .failed, reason: problem)
    }
  }

  private func failureText(_ task: RunningTask) -> String? {
    let line = TaskFiles.lastLine(of: "\(place(of: task))/\(task.item.description.stderr)")
    if task.isFunction { return CallEnd.reason(task.result, isAnswered: task.isAnswered, lastLine: line) }
    return ProgramEnd.reason(
      exitCode: task.result.exitCode, signal: task.result.signal, problem: task.result.reason,
      exitWords: { rankLaunch.words(exitCode: $0, of: task) }, entry: task.unfinishedEntry, lastLine: line)
  }

  private func end(_ task: RunningTask, _ state: TaskState, reason: String?) {
    var state = state
    task.result.reason = reason
    switch task.endReason {
    case nil: break
    case .canceled:
      state = .canceled
      task.result.reason = "canceled on request"
    case .timedOut(let limit):
      state = .failed
      task.result.reason = timeLimitPassed(limit)
    case .pilotEnded(let why):
      state = .failed
      task.result.reason = why
    case .rankFailed:
      state = .failed
      task.result.reason = failureText(task)
    case .notStarted(let shortage): return putBack(task, shortage)
    }
    tasks[task.item.id] = nil
    loop.cancel(task.timer)
    rankLaunch.ended(task)
    SharedSegments.remove(task.segments)
    // Its function may have returned before its outputs could not be staged.
    if state != .done { task.result.value = nil }
    emit(SessionEvent(source: configuration.source, .task(task.item.id, state, task.result)))
    onEnd(task.item.id)
  }

  /// Ends tasks before their time; the ones that are not here are ignored.
  func cancel(_ ids: [TaskID], because reason: RunningTask.EndReason = .canceled, grace: Double) {
    for id in ids {
      guard let task = tasks[id] else { continue }
      terminate(task, because: reason, grace: grace)
    }
  }

  private func terminate(_ task: RunningTask, because reason: RunningTask.EndReason, grace: Double) {
    let killTime = ContinuousClock.now + Duration(saturating: grace)
    let isFirst = task.endReason == nil
    // One that is on its way back is not put back any more when someone wants it ended.
    if isFirst || task.isOnItsWayBack { task.endReason = reason }
    // A second request may shorten the grace, never lengthen it.
    guard isFirst || killTime < task.killTime ?? killTime else { return }
    task.killTime = killTime
    // Files are on their way: the end of the staging, which is soon now, sees the reason.
    task.staging?.cancel()
    guard task.stage == .executing || task.stage == .emptying else { return }
    signal(task, grace > 0 ? SIGTERM : SIGKILL)
    loop.cancel(task.timer)
    task.timer = loop.after(Duration(saturating: grace)) { [unowned self, id = task.item.id] in
      guard let task = tasks[id] else { return }
      signal(task, SIGKILL)
    }
    if !task.aliveRanks { ranksEnded(task) }
  }

  private func signal(_ task: RunningTask, _ number: Int32) {
    let tree = TaskTree(of: task)
    let spared = number == SIGTERM ? tree.launched : []
    if number == SIGKILL {
      for process in tree.processes { task.segments.formUnion(SharedSegments.mapped(by: process.pid)) }
    }
    for process in tree.processes where !spared.contains(process.pid) {
      kill(process.pid, number)
      // A stopped process would not act on it.
      if number == SIGTERM { kill(process.pid, SIGCONT) }
    }
  }

  /// A task that was told to end is over when its whole tree is.
  private func awaitEmptyTree(_ id: TaskID) {
    guard let task = tasks[id] else { return }
    guard !TaskTree(of: task).processes.isEmpty else { return end(task, .failed, reason: nil) }
    if let killTime = task.killTime, killTime <= .now { signal(task, SIGKILL) }
    loop.cancel(task.timer)
    task.timer = loop.after(.milliseconds(50)) { [unowned self] in awaitEmptyTree(id) }
  }

  private func emit(_ task: RunningTask, _ state: TaskState) {
    let result = task.item.attempt == 1 ? nil : TaskResult(attempt: task.item.attempt)
    emit(SessionEvent(source: configuration.source, .task(task.item.id, state, result)))
  }
}
