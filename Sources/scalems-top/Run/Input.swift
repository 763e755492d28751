import Glibc
import Platform
import SystemPackage
import WorkflowFile

/// A workflow or a list of commands, opened by the process that the user started: what he names may be there for that
/// process alone, as `/dev/stdin` and `<(…)` are. A host in the background gets the open file.
struct Input: Sendable {
  /// As the user named it; `-` is standard input.
  let name: String
  let descriptor: Int32

  /// - Throws: `UsageError` when it cannot be opened, is a directory, or is a terminal.
  init(_ name: String) throws(UsageError) {
    // What is open already is not opened again: a socket could not be. Opening a pipe waits for who writes it.
    let number = Self.openNumber(name)
    descriptor = number.map { fcntl($0, F_DUPFD_CLOEXEC, 3) } ?? open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw UsageError(description: "'\(name)' cannot be opened: \(errorText())") }
    self.name = name
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw UsageError(description: "'\(name)' cannot be read: \(errorText())")
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw UsageError(description: "'\(name)' is a directory: name a file, or '-' for standard input")
    }
    if isatty(descriptor) == 1 {
      throw UsageError(
        description: "'\(name)' is a terminal: it is for a file, or a pipe as in 'generate | scalems-top run …'")
    }
    if fcntl(descriptor, F_GETFL) & O_ACCMODE == O_WRONLY {
      throw UsageError(description: "'\(name)' cannot be read: \(Errno.badFileDescriptor)")
    }
  }

  /// What the process that started this one opened: it is standard input here.
  ///
  /// - Parameter name: as the user named it.
  init(handedOnAs name: String) throws(UsageError) {
    self.name = name
    descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw UsageError(description: "'\(name)' cannot be read: \(errorText())") }
  }

  /// The number of a descriptor that a name stands for.
  private static func openNumber(_ name: String) -> Int32? {
    if name == "-" || name == "/dev/stdin" { return STDIN_FILENO }
    for prefix in ["/dev/fd/", "/proc/self/fd/"] where name.hasPrefix(prefix) {
      return Int32(name.dropFirst(prefix.count))
    }
    return nil
  }

  /// Whether all of it is there: it is a file, and no pipe.
  var isWhole: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// How sentences call it.
  var words: String { name == "-" ? "standard input" : "'\(name)'" }

  /// What people call it.
  var title: String? { Self.openNumber(name) == nil ? lastComponent(name) : nil }

  /// Reads it as a workflow.
  ///
  /// - Throws: `UsageError` with everything that is wrong with it.
  func workflow() throws(UsageError) -> WorkflowFile {
    do { return try parsedWorkflow() } catch { throw UsageError(description: error.text) }
  }

  /// The same, for who wants to know where each fault is.
  func parsedWorkflow() throws(WorkflowErrors) -> WorkflowFile {
    try WorkflowFile(reading: descriptor, path: name, engines: Engines.names)
  }

  /// What relative paths in it refer to: where the file is, or where the user is when it has no place of its own.
  func directory() throws -> String {
    guard isWhole, Self.openNumber(name) == nil else { return try currentDirectory().string }
    return try absolutePath(FilePath(name)).removingLastComponent().string
  }
}
