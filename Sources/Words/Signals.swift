/// The names of signals on Linux, without their `SIG`.
private let names: [Int32: String] = [
  1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1", 11: "SEGV",
  12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 24: "XCPU", 25: "XFSZ", 31: "SYS",
]

/// `SIGKILL`, or `signal 40` for one without a name.
public func signalName(_ signal: Int32) -> String { names[signal].map { "SIG" + $0 } ?? "signal \(signal)" }

extension Format {
  /// A signal where there is little room: `KILL`, or `SIG40` for one without a name.
  public static func signal(_ number: Int32) -> String { names[number] ?? "SIG\(number)" }
}
