import Glibc
import Platform
import SessionModel
import Work

/// The open standard streams of a task that is about to start.
struct TaskFiles {
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  private(set) var input: Int32 = -1
  private(set) var output: Int32 = -1
  private(set) var error: Int32 = -1

  /// Opens (and for output makes) the files of the description; readable by their owner only.
  static func open(_ description: TaskDescription, _ locations: Locations) -> Result<TaskFiles, Problem> {
    let directory = locations.task
    var files = TaskFiles()
    func fail(_ text: String) -> Result<TaskFiles, Problem> {
      files.close()
      return .failure(Problem(description: text))
    }
    switch description.stdin {
    case nil: break
    case .file(let path):
      let full = locations.path(of: Location(path, relativeTo: .client))
      files.input = Glibc.open(full, O_RDONLY | O_CLOEXEC)
      guard files.input >= 0 else { return fail("the standard input \(full) could not be opened: \(errorText())") }
    case .text(let text):
      let path = directory + "/stdin"
      guard write(text, to: path) else {
        return fail("the standard input \(path) could not be written: \(errorText())")
      }
      files.input = Glibc.open(path, O_RDONLY | O_CLOEXEC)
      guard files.input >= 0 else { return fail("the standard input \(path) could not be opened: \(errorText())") }
    }
    let names = OutputNames(description)
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
    files.output = Glibc.open(directory + "/" + names.output, flags, 0o600)
    guard files.output >= 0 else { return fail("'\(names.output)' could not be made: \(errorText())") }
    if names.areShared {
      files.error = fcntl(files.output, F_DUPFD_CLOEXEC, 3)
    } else {
      files.error = Glibc.open(directory + "/" + names.error, flags, 0o600)
    }
    guard files.error >= 0 else { return fail("'\(names.error)' could not be made: \(errorText())") }
    return .success(files)
  }

  func close() {
    for descriptor in [input, output, error] where descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Writes a small file for its owner only; false with `errno`.
  static func write(_ text: String, to path: String, mode: mode_t = 0o600) -> Bool {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { return false }
    defer { Glibc.close(descriptor) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// Writes a line to standard error.
  static func report(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = Glibc.write(STDERR_FILENO, line, line.count)
  }

  /// The last line of a file that says something, at most 200 characters of it.
  static func lastLine(of path: String) -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { Glibc.close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    lseek(descriptor, max(0, size - 2048), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 2048)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return "" }
    let lines = bytes[..<count].split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    let line = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? ""
    return String(line.prefix(200))
  }
}

/// The script of a task with `pre_exec`: these commands first, then the program, in one shell.
enum TaskScript {
  /// Writes `task.sh`; it is started as `SHELL task.sh ARGV…`.
  ///
  /// - Returns: the shell.
  /// - Throws: `TaskFiles.Problem` when it cannot be written.
  static func write(_ description: TaskDescription, to directory: String) throws(TaskFiles.Problem) -> String {
    // `source` and `module`, the usual guests of pre_exec, are bash's.
    let shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"
    var text = "#!\(shell)\n"
    for command in description.preExec {
      text += """
        \(command)
        code=$?
        if [ $code -ne 0 ]; then
          printf 'pre_exec failed (exit %s): %s\\n' "$code" \(TaskCommand.quoted(command)) >&2
          exit $code
        fi

        """
    }
    text += "exec \"$@\"\n"
    guard TaskFiles.write(text, to: directory + "/task.sh", mode: 0o700) else {
      throw TaskFiles.Problem(description: "the script of its pre_exec could not be written: \(errorText())")
    }
    return shell
  }
}
