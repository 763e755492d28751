import Glibc
import Words

/// How a process ended, as `waitpid` says it.
public struct WaitStatus: Equatable, Sendable {
  public let raw: Int32

  public init(raw: Int32) { self.raw = raw }

  /// Waits for the end of a child; `nil` when it is none.
  public init?(of pid: pid_t) {
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) < 0 { guard errno == EINTR else { return nil } }
    self.raw = raw
  }

  /// The signal that ended it.
  public var signal: Int32? { raw & 0x7f == 0 ? nil : raw & 0x7f }

  /// What it ended itself with.
  public var exitCode: Int32? { signal == nil ? (raw >> 8) & 0xff : nil }

  /// As a shell has it: the exit code, or 128 and the signal.
  public var shellCode: Int32 { signal.map { 128 + $0 } ?? (raw >> 8) & 0xff }

  /// `SIGKILL`, or `exit 3`.
  public var words: String { signal.map(signalName) ?? "exit \((raw >> 8) & 0xff)" }
}
