import Glibc
import Platform
import SessionModel
import TaskOutput

/// The files that a program prints to that opened a session, where these are files.
public struct ProgramOutputs: Equatable, Sendable {
  /// How people call the program.
  public var program: String
  private var files: [OutputStream: String]

  /// Of a program that is kept, in the directory of what it prints.
  public init(of program: String, in directory: String) {
    self.program = program
    files = [.stdout: "\(directory)/stdout", .stderr: "\(directory)/stderr"]
  }

  /// Of a program that lives: what its output was sent to.
  ///
  /// - Returns: `nil` when it prints to no file, as to a terminal.
  public init?(of program: ProcessIdentity, called name: String) {
    self.program = name
    files = [:]
    for (stream, number) in [(OutputStream.stdout, 1), (.stderr, 2)] {
      let link = "/proc/\(program.pid)/fd/\(number)"
      var status = stat()
      guard stat(link, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let path = linkTarget(link) else { continue }
      files[stream] = path
    }
    guard !files.isEmpty, program.isAlive else { return nil }
  }

  func path(_ stream: OutputStream) -> Result<String, OutputProblem> {
    files[stream].map { .success($0) } ?? .failure(OutputProblem(words: "it is no file that this is printed to"))
  }
}
