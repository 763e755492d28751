import Glibc
import Platform

/// A program that runs without a terminal: started in a session of its own, its output in files.
public final class Program {
  public let pid: pid_t
  private let directory: TemporaryDirectory
  private var status: Int32?

  public struct Result: Equatable, Sendable {
    public var exitCode: Int32
    public var stdout: String
    public var stderr: String
  }

  /// - Parameter environment: set over that of the tests.
  public init(
    _ path: String = scalemsTop, _ arguments: [String], in workingDirectory: String? = nil,
    environment: [String: String] = [:], input: Int32 = -1
  ) throws {
    let directory = try TemporaryDirectory()
    self.directory = directory
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let output = open("\(directory.path)/stdout", flags, 0o600)
    let error = open("\(directory.path)/stderr", flags, 0o600)
    defer {
      close(output)
      close(error)
    }
    var inherited: [String: String] = [:]
    var pointer = environ
    while let entry = pointer.pointee {
      let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { inherited[String(parts[0])] = String(parts[1]) }
      pointer += 1
    }
    // Sessions that other programs have on this machine are no part of a test.
    inherited["SCALEMS_TOP_OWN_ONLY"] = "1"
    let merged = inherited.merging(environment) { $1 }
    var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0)=\($1)") } + [nil]
    defer { envp.forEach { free($0) } }
    let start = ProcessStart(
      program: path, arguments: [path] + arguments, directory: workingDirectory ?? directory.path, input: input,
      output: output, error: error, diesWithParent: false)
    let started = envp.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { start.run(environment: $0) } ?? -1
    }
    guard started > 0 else { throw TestError("\(path): \(String(cString: strerror(-started)))") }
    pid = started
  }

  deinit {
    guard status == nil else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  public func signal(_ number: Int32) { kill(pid, number) }

  public var stdout: String { directory.text("stdout") ?? "" }
  public var stderr: String { directory.text("stderr") ?? "" }

  /// Awaits the end; the exit code is negative for a signal.
  public func finish(seconds: Double = 30) async throws -> Result {
    try await wait(for: "process \(pid) to end; it said \(stdout)\(stderr)", seconds: seconds) {
      if status != nil { return true }
      var value: Int32 = 0
      guard waitpid(pid, &value, WNOHANG) == pid else { return false }
      status = value
      return true
    }
    let value = status ?? 0
    let signal = value & 0x7f
    return Result(exitCode: signal != 0 ? -signal : (value >> 8) & 0xff, stdout: stdout, stderr: stderr)
  }

  /// Runs a program to its end.
  public static func run(
    _ path: String = scalemsTop, _ arguments: [String], in workingDirectory: String? = nil,
    environment: [String: String] = [:], input: Int32 = -1, seconds: Double = 30
  ) async throws -> Result {
    let program = try Program(path, arguments, in: workingDirectory, environment: environment, input: input)
    return try await program.finish(seconds: seconds)
  }
}
