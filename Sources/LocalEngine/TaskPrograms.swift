import Glibc
import Platform
import Work

/// Starts the programs of tasks: where they are, what their environment is, on which cores they run.
final class TaskPrograms {
  let environment: ProcessEnvironment
  private let configuration: TaskRunner.Configuration
  private let inheritsThreads: Bool
  private var finder = ProgramFinder()
  /// What the kernel calls directories that tasks run in.
  private var realPaths: [String: String] = [:]

  init(_ configuration: TaskRunner.Configuration) {
    self.configuration = configuration
    environment = TaskEnvironment.make()
    inheritsThreads = environment.has(TaskPlacement.threads)
  }

  /// The program of a task that runs in a directory, or the shell of its `pre_exec`.
  func find(for description: TaskDescription, in directory: String) -> String? {
    let path = description.environment["PATH"] ?? environment.path
    return description.preExec.isEmpty
      ? finder.find(description.argv.first ?? "", path: path, from: directory)
      : finder.find("bash", path: "/bin:\(path)", from: directory)
  }

  /// The variables of a task; its rank is not among them.
  func variables(of task: RunningTask) -> [(String, String)] {
    let description = task.item.description
    var variables = TaskVariables.facts(
      of: task.item, session: configuration.session, sessionDirectory: configuration.sessionDirectory,
      clientDirectory: configuration.clientDirectory
    ).map { ($0.name, $0.value) }
    variables.append((TaskVariables.taskDirectory, task.directory))
    variables.append(
      (
        "PWD",
        description.directory.map(realPath) ?? realPath(configuration.sessionDirectory + "/tasks")
          + "/\(task.item.id.uid)"
      ))
    for (name, value) in description.environment where !TaskVariables.own.contains(name) {
      variables.append((name, value))
    }
    let threads = TaskPlacement.threads
    if let count = configuration.placement.threads(of: description, isInherited: inheritsThreads) {
      variables.append((threads, count))
    }
    if description.resources.gpusPerRank > 0 {
      variables.append(("CUDA_VISIBLE_DEVICES", task.slots.gpus.map(String.init).joined(separator: ",")))
    }
    return variables
  }

  /// What `getcwd` will say there.
  private func realPath(_ directory: String) -> String {
    if let known = realPaths[directory] { return known }
    guard let resolved = realpath(directory, nil) else { return directory }
    defer { free(resolved) }
    let path = String(cString: resolved)
    realPaths[directory] = path
    return path
  }

  /// Starts one process of a task.
  ///
  /// - Returns: its id, or the negative of what `errno` says.
  func launch(
    _ program: String, _ argv: [String], _ variables: [(String, String)], _ files: TaskFiles, in directory: String,
    on cores: ArraySlice<Int>, hasInput: Bool
  ) -> pid_t {
    var start = ProcessStart(
      program: program, arguments: argv, directory: directory, input: hasInput ? files.input : -1,
      output: files.output,
      error: files.error, diesWithParent: true, cores: cores.isEmpty ? nil : CoreMask(cores))
    return environment.with(variables) { variables in
      let pid = start.run(environment: variables)
      guard pid == -ENOEXEC, isScript(program, from: directory) else { return pid }
      // As a shell and execvp do with a script that does not say who runs it.
      start.program = "/bin/sh"
      start.arguments = ["/bin/sh", program.hasPrefix("-") ? "./\(program)" : program] + argv.dropFirst()
      return start.run(environment: variables)
    }
  }

  /// Why a program was not started.
  ///
  /// - Parameter directory: that it was to run in, when that is not the task's.
  func failure(of program: String, _ code: Int32, in directory: String?) -> String {
    if let directory, access(directory, X_OK) != 0 { return TaskVariables.cannotEnter(directory, errorText()) }
    return "'\(program)' could not be started: \(errorText(code))"
  }
}
