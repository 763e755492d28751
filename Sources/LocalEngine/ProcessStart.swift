import CTaskLaunch
import Glibc

/// A process to be started in a session of its own.
struct ProcessStart {
  var program: String
  /// From `argv[0]` on.
  var arguments: [String]
  /// The directory it starts in; the caller's when `nil`.
  var directory: String?
  /// Its standard input; `/dev/null` when negative.
  var input: Int32 = -1
  var output: Int32
  var error: Int32
  /// Whether the kernel kills it when its parent (the thread that calls `run`) ends.
  var diesWithParent: Bool

  /// - Parameter environment: NULL-terminated.
  /// - Returns: the process id, or the negative `errno` of the step that failed, the exec included.
  func run(environment: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> pid_t {
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    return program.withCString { program in
      argv.withUnsafeMutableBufferPointer { argv in
        var launch = task_launch()
        launch.path = program
        launch.argv = UnsafePointer(argv.baseAddress)
        launch.envp = environment
        launch.standard_input = input
        launch.standard_output = output
        launch.standard_error = error
        launch.death_signal = diesWithParent ? SIGKILL : 0
        guard let directory else { return withUnsafePointer(to: launch) { task_launch($0) } }
        return directory.withCString { directory in
          launch.directory = directory
          return withUnsafePointer(to: launch) { task_launch($0) }
        }
      }
    }
  }
}
