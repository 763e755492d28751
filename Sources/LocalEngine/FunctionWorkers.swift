import Glibc
import Platform
import PythonCall
import SessionModel
import Wire
import Work

/// The Python interpreters of a raptor. Each calls one function at a time; they are started when they are needed, kept
/// for further calls, and end with this process.
final class FunctionWorkers {
  struct WorkersError: Error {
    var description: String
    var exitCode: Int32?
    /// What is lacking, when it is not the call's own fault.
    var shortage: Shortage?
  }

  private final class Worker {
    let pid: pid_t
    /// A socket to its standard input, for both directions.
    var channel: OutputBuffer
    var lines = LineReader()
    var task: TaskID?
    /// Calls it was given.
    var calls = 0
    /// What it is bound to.
    var cores: [Int] = []
    /// It is killed, and no call may be given to it.
    var isEnding = false

    init(pid: pid_t, channel: Int32) {
      self.pid = pid
      self.channel = OutputBuffer(channel)
    }
  }

  private let configuration: TaskRunner.Configuration
  private let loop: PollLoop
  private let environment: ProcessEnvironment
  private var programs = ProgramFinder()
  private var workers: [pid_t: Worker] = [:]
  private var idle: [Worker] = []

  /// A function came to its end by itself; returns whether its interpreter may be used again.
  var onAnswer: (TaskID, TaskResult) -> Bool = { _, _ in true }

  init(configuration: TaskRunner.Configuration, loop: PollLoop, environment: ProcessEnvironment) {
    self.configuration = configuration
    self.loop = loop
    self.environment = environment
  }

  /// Calls the function of a task in an idle interpreter, or in a new one.
  ///
  /// - Parameters:
  ///   - directory: of the task, as an interpreter reaches it.
  ///   - variables: set in the interpreter's environment for the time of the call.
  ///   - files: of the task; a new interpreter writes to them what it has to say at its start.
  /// - Returns: the process id of the interpreter.
  func call(
    _ function: FunctionCall, of task: RunningTask, in directory: String, variables: [(String, String)],
    files: TaskFiles
  ) throws(WorkersError) -> pid_t {
    let request =
      PythonCall.request(
        function, of: task.item.description, uid: task.item.id.uid, directory: directory,
        variables: Dictionary(variables, uniquingKeysWith: { _, last in last })) + [UInt8(ascii: "\n")]
    while let worker = idle.popLast() {
      // One that died meanwhile takes nothing.
      if give(request, of: task, to: worker) { return worker.pid }
    }
    let worker = try start(files)
    _ = give(request, of: task, to: worker)
    return worker.pid
  }

  private func give(_ request: [UInt8], of task: RunningTask, to worker: Worker) -> Bool {
    if !task.slots.cores.isEmpty, worker.cores != task.slots.cores {
      worker.cores = task.slots.cores
      CoreMask(worker.cores).bind(worker.pid)
    }
    worker.channel.append(request)
    worker.channel.flush()
    guard !worker.channel.isBroken else { return false }
    worker.task = task.item.id
    worker.calls += 1
    return true
  }

  func contains(_ pid: pid_t) -> Bool { workers[pid] != nil }

  // MARK: Start

  private func start(_ files: TaskFiles) throws(WorkersError) -> Worker {
    let python = try interpreter()
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      let code = errno
      let text = "no socket for an interpreter: \(errorText(code))"
      throw WorkersError(description: text, shortage: Shortage(code, .process, text))
    }
    defer { close(ends[1]) }
    let start = ProcessStart(
      program: python, arguments: [python] + PythonCall.arguments + [configuration.clientDirectory],
      directory: configuration.directory.heldPath, input: ends[1], output: files.output, error: files.error,
      diesWithParent: true, isSubreaper: true)
    var variables = [(TaskVariables.session, configuration.session), ("PWD", configuration.sessionDirectory)]
    if let venv = configuration.venv {
      variables += [("VIRTUAL_ENV", venv), ("PATH", "\(venv)/bin:\(environment.path)")]
    }
    let pid = environment.with(variables) { start.run(environment: $0) }
    guard pid > 0 else {
      close(ends[0])
      let text = "its interpreter '\(python)' could not be started: \(errorText(-pid))"
      throw WorkersError(
        description: text, exitCode: pid == -ENOENT ? 127 : 126,
        shortage: Shortage(-pid, .process, text)
          ?? Shortage(awayOf: [configuration.sessionDirectory, configuration.clientDirectory], text))
    }
    let worker = Worker(pid: pid, channel: ends[0])
    // No file that somebody could exchange: it comes before the first call.
    worker.channel.append(PythonCall.program)
    workers[pid] = worker
    loop.add(
      worker.channel.descriptor, wantsWrite: { !worker.channel.isEmpty }, onWritable: { worker.channel.flush() },
      onReadable: { [unowned self] in read(worker) })
    return worker
  }

  private func interpreter() throws(WorkersError) -> String {
    if let venv = configuration.venv { return "\(venv)/bin/python" }
    guard let python = programs.find("python3", path: environment.path, from: configuration.sessionDirectory) else {
      throw WorkersError(description: "a function needs Python, and 'python3' was not found in PATH", exitCode: 127)
    }
    return python
  }

  // MARK: Answers

  private func read(_ worker: Worker) {
    let outcome = worker.lines.read(worker.channel.descriptor) { receive($0, from: worker) }
    // Its end follows, and is what counts.
    if case .ended = outcome { loop.remove(worker.channel.descriptor) }
  }

  private func receive(_ line: UnsafeRawBufferPointer, from worker: Worker) {
    guard !worker.isEnding else { return }
    do {
      switch try CallMessage(line: line) {
      case .answer(let id, let result) where id == worker.task:
        worker.task = nil
        if !onAnswer(id, result) { end(worker) }
      case .ready where worker.task == nil:
        if worker.calls < configuration.callLimit { idle.append(worker) } else { retire(worker) }
      case .answer, .ready: throw CallMessage.FormatError(line: line)
      }
    } catch {
      if let id = worker.task { _ = onAnswer(id, TaskResult(reason: "\(error)")) }
      worker.task = nil
      end(worker)
    }
  }

  /// An interpreter grows with every call, whatever that does: the C library keeps every variable that was ever set. So
  /// another takes its place after so many; it ends by itself, with nothing more to do.
  private func retire(_ worker: Worker) {
    worker.isEnding = true
    shutdown(worker.channel.descriptor, Int32(SHUT_WR))
    loop.after(Self.retirement) { [unowned self, pid = worker.pid] in
      if let late = workers[pid], late === worker { end(late) }
    }
  }

  /// What an interpreter gets to end by itself in.
  private static let retirement = Duration.seconds(5)

  private func end(_ worker: Worker) {
    worker.isEnding = true
    kill(-worker.pid, SIGKILL)
  }

  /// What a child said before it ended; nothing when it is no interpreter.
  func readLastWords(of pid: pid_t) {
    guard let worker = workers[pid] else { return }
    let descriptor = worker.channel.descriptor
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&item, 1, 0) > 0, item.revents & Int16(POLLIN) != 0 {
      if case .ended = worker.lines.read(descriptor, { receive($0, from: worker) }) { return }
    }
  }

  /// A child ended; returns whether it was an interpreter.
  func childEnded(_ pid: pid_t) -> Bool {
    guard let worker = workers.removeValue(forKey: pid) else { return false }
    idle.removeAll { $0 === worker }
    loop.remove(worker.channel.descriptor)
    close(worker.channel.descriptor)
    return true
  }
}
