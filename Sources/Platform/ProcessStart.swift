import CTaskLaunch
import Glibc

/// A process to be started in a session of its own.
public struct ProcessStart {
  public var program: String
  /// From `argv[0]` on.
  public var arguments: [String]
  /// The directory it starts in; the caller's when `nil`.
  public var directory: String?
  /// Its standard input; `/dev/null` when negative.
  public var input: Int32 = -1
  public var output: Int32
  public var error: Int32
  /// Whether the kernel kills it when its parent (the thread that calls `run`) ends.
  public var diesWithParent: Bool
  /// Whether orphans among its descendants become its children.
  public var isSubreaper: Bool
  /// The processors it may run on; the caller's when `nil`.
  public var cores: CoreMask?

  public init(
    program: String, arguments: [String], directory: String? = nil, input: Int32 = -1, output: Int32, error: Int32,
    diesWithParent: Bool, isSubreaper: Bool = false, cores: CoreMask? = nil
  ) {
    self.program = program
    self.arguments = arguments
    self.directory = directory
    self.input = input
    self.output = output
    self.error = error
    self.diesWithParent = diesWithParent
    self.isSubreaper = isSubreaper
    self.cores = cores
  }

  /// - Parameter environment: NULL-terminated.
  /// - Returns: the process id, or the negative `errno` of the step that failed, the exec included.
  public func run(environment: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> pid_t {
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    return program.withCString { program in
      withPointers(&argv) { argv, words in
        var launch = task_launch()
        launch.path = program
        launch.argv = UnsafePointer(argv.baseAddress)
        launch.cores = words.isEmpty ? nil : words.baseAddress
        launch.cores_size = words.count * MemoryLayout<UInt>.size
        launch.envp = environment
        launch.standard_input = input
        launch.standard_output = output
        launch.standard_error = error
        launch.death_signal = diesWithParent ? SIGKILL : 0
        launch.subreaper = isSubreaper ? 1 : 0
        guard let directory else { return withUnsafePointer(to: launch) { task_launch($0) } }
        return directory.withCString { directory in
          launch.directory = directory
          return withUnsafePointer(to: launch) { task_launch($0) }
        }
      }
    }
  }

  private func withPointers<R>(
    _ argv: inout [UnsafeMutablePointer<CChar>?],
    _ body: (UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>, UnsafeBufferPointer<UInt>) -> R
  ) -> R {
    argv.withUnsafeMutableBufferPointer { argv in (cores?.words ?? []).withUnsafeBufferPointer { body(argv, $0) } }
  }
}
