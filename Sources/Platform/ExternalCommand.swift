import CTaskLaunch
@preconcurrency import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// Running a program for what it says: with a time limit, and never longer.
public enum ExternalCommand {
  /// How a program ended, and what it said.
  public struct Outcome: Sendable {
    /// Its exit code, or 128 + the signal that ended it.
    public var status: Int32
    /// At most the first 16 MiB of each.
    public var stdout: String
    public var stderr: String
    /// Whether that is all of its standard output.
    public var isWhole: Bool
  }

  /// Runs a program, without input, to its end; at the limit it and its process group are killed, and when the task that
  /// awaits this is canceled.
  ///
  /// - Parameters:
  ///   - program: a name that is looked for in `searchPath`, or a path.
  ///   - searchPath: directories with colons between; `PATH` when `nil`.
  ///   - environment: set over this process's.
  ///   - leftOut: which of the names of this process's variables it does not get.
  ///   - directory: where it starts; this process's directory when `nil`.
  ///   - onOutput: called with what it wrote to its standard output, as it comes, on a thread of this call's.
  /// - Returns: `nil` when there is no such program, it could not be started, or it did not end in time.
  public static func run(
    _ program: String, _ arguments: [String] = [], searchPath: String? = nil, environment: [(String, String)] = [],
    without leftOut: @escaping @Sendable ([String]) -> Set<String> = { _ in [] }, directory: String? = nil,
    limit: Duration, onOutput: @escaping @Sendable (ArraySlice<UInt8>) -> Void = { _ in }
  ) async -> Outcome? {
    let isCanceled = Canceled()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A queue of its own: it blocks, which the threads of the cooperative pool must not.
        DispatchQueue(label: "external-command").async {
          guard
            let running = start(program, arguments, searchPath, environment, directory, leftOut)
          else { return continuation.resume(returning: nil) }
          let outcome = running.follow(until: .now + limit, isCanceled: isCanceled, onOutput)
          continuation.resume(returning: outcome)
          // A process that hangs in the kernel dies when it can; nobody waits for it but this thread.
          if outcome == nil { _ = WaitStatus(of: running.pid) }
        }
      }
    } onCancel: {
      isCanceled.flag.withLock { $0 = true }
    }
  }

  /// The same on the thread that calls it, which waits.
  public static func runToEnd(
    _ program: String, _ arguments: [String] = [], environment: [(String, String)] = [], limit: Duration
  ) -> Outcome? {
    guard let running = start(program, arguments, nil, environment, nil) else { return nil }
    return running.follow(until: .now + limit, isCanceled: Canceled()) { _ in }
  }

  /// Starts a program that goes on by itself, also when this process ends; nobody learns what becomes of it.
  ///
  /// - Parameter command: the program, a name that is looked for in `PATH`, and its arguments.
  public static func startDetached(_ command: [String]) {
    let environment = ProcessEnvironment()
    guard let name = command.first, let path = programPath(name, in: environment.path) else { return }
    guard let null = try? Descriptor.open("/dev/null", O_WRONLY) else { return }
    let start = ProcessStart(
      program: path, arguments: command, output: null.number, error: null.number, diesWithParent: false)
    _ = environment.with([]) { start.run(environment: $0) }
  }

  private final class Canceled: Sendable {
    let flag = Mutex(false)
  }

  private static func start(
    _ program: String, _ arguments: [String], _ searchPath: String?, _ variables: [(String, String)],
    _ directory: String?, _ leftOut: ([String]) -> Set<String> = { _ in [] }
  ) -> Running? {
    let environment = ProcessEnvironment(without: leftOut)
    guard let path = programPath(program, in: searchPath ?? environment.path), let output = try? Pipe(),
      let error = try? Pipe()
    else { return nil }
    let start = ProcessStart(
      program: path, arguments: [program] + arguments, directory: directory, output: output.writer.number,
      error: error.writer.number, diesWithParent: true)
    let pid = environment.with(variables) { start.run(environment: $0) }
    return pid > 0 ? Running(pid: pid, output: output.reader, error: error.reader) : nil
  }

  /// A program that was started; its id is that of its process group.
  private struct Running: ~Copyable {
    static let mostKept = 16 << 20
    let pid: pid_t
    /// The reading ends of its standard output and standard error.
    let output: Descriptor
    let error: Descriptor

    /// Reads to the end of the process; a child of it may hold the pipes open for longer.
    ///
    /// - Returns: `nil` when it was killed at the limit; it is not waited for then.
    func follow(
      until deadline: ContinuousClock.Instant, isCanceled: Canceled, _ onOutput: (ArraySlice<UInt8>) -> Void
    ) -> Outcome? {
      var items = [output.number, error.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      var said: [[UInt8]] = [[], []]
      var chunk = [UInt8](repeating: 0, count: 65536)
      while true {
        let hasEnded = task_has_ended(pid) != 0
        // The end of a process that holds no pipe any more is seen at the next look.
        let isSilent = items.allSatisfy { $0.fd < 0 }
        let count = poll(&items, 2, hasEnded ? 0 : isSilent ? 5 : 50)
        for index in items.indices where count > 0 && items[index].revents != 0 {
          let pipe = FileDescriptor(rawValue: items[index].fd)
          let size: Int
          do throws(Errno) {
            guard let got = try pipe.get(into: &chunk, waits: false) else { continue }
            size = got
          } catch { size = 0 }
          guard size > 0 else {
            items[index].fd = -1
            continue
          }
          if index == 0 { onOutput(chunk[..<size]) }
          said[index].append(contentsOf: chunk[..<min(size, Self.mostKept - said[index].count)])
        }
        if hasEnded, count <= 0 || items.allSatisfy({ $0.fd < 0 }) { break }
        if ContinuousClock.now >= deadline || isCanceled.flag.withLock({ $0 }) {
          kill(-pid, SIGKILL)
          return nil
        }
      }
      return Outcome(
        status: WaitStatus(of: pid)?.shellCode ?? 0, stdout: String(decoding: said[0], as: UTF8.self),
        stderr: String(decoding: said[1], as: UTF8.self), isWhole: said[0].count < Self.mostKept)
    }
  }
}
