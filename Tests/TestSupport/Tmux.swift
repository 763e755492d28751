import Glibc
import Synchronization

/// A terminal that others wrote: tmux, with a server of its own, running a shell.
public final class Tmux {
  private static let count = Mutex(0)
  private let socket: String
  /// The environment of the shell beside what every test sets.
  private let environment: [String: String]
  private let tool = "/usr/bin/tmux"

  /// Opens a terminal of this size with a shell in `directory`, and awaits its prompt.
  public init(
    columns: Int = 80, rows: Int = 24, in directory: String, environment: [String: String] = [:]
  ) async throws {
    let number = Self.count.withLock { count in
      count += 1
      return count
    }
    socket = "scalems-test-\(getpid())-\(number)"
    self.environment = environment
    // What the person has set who runs the tests is none of theirs.
    var variables = ["LC_ALL": "C.UTF-8", "ENV": "", "SCALEMS_TOP": scalemsTop, "XDG_CONFIG_HOME": "/nonexistent"]
    variables.merge(environment) { $1 }
    try await tmux(
      ["-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", directory]
        + variables.sorted { $0.key < $1.key }.flatMap { ["-e", "\($0.key)=\($0.value)"] }
        + ["/bin/bash --norc --noprofile -i"])
    try await tmux(["set-option", "-g", "window-size", "manual"])
    // Typed so that the line itself does not look like the prompt.
    try await run("PS1=ready'$ '; clear")
    try await wait(for: "the prompt") { $0.contains("ready$") }
  }

  deinit {
    // By its own socket, so that no other server is touched; and awaited, so that nothing outlives the test.
    guard let program = try? Program(tool, ["-L", socket, "kill-server"]) else { return }
    var status: Int32 = 0
    waitpid(program.pid, &status, 0)
  }

  @discardableResult
  private func tmux(_ arguments: [String]) async throws -> String {
    let result = try await Program.run(tool, ["-L", socket] + arguments, environment: ["TMUX": ""])
    guard result.exitCode == 0 else { throw TestError("tmux \(arguments): \(result.stderr)") }
    return result.stdout
  }

  /// A command of tmux's own.
  @discardableResult
  public func command(_ arguments: String...) async throws -> String { try await tmux(arguments) }

  /// Types a line in the shell.
  public func run(_ line: String) async throws {
    try await tmux(["send-keys", "-l", line])
    try await tmux(["send-keys", "Enter"])
  }

  /// Presses keys, by tmux's names (`D`, `Enter`, `C-c`, `Escape`).
  public func press(_ keys: String...) async throws { try await tmux(["send-keys"] + keys) }

  /// Writes bytes as a terminal would, in one piece.
  public func send(_ bytes: some Sequence<UInt8>) async throws {
    try await tmux(["send-keys", "-H"] + bytes.map { String($0, radix: 16) })
  }

  /// Presses a key that asks, and answers Yes once the question is there: what comes in one go with the key is no answer.
  public func confirm(_ key: String) async throws {
    try await press(key)
    let screen = try await wait(for: "the question of \(key)") { $0.contains("[ No ]") || $0.contains("Type close") }
    if screen.contains("Type close") {
      try await type("close")
      try await press("Enter")
    } else {
      try await press("y")
    }
  }

  /// Presses a key again and again until text is on the screen.
  public func press(_ key: String, untilText text: String) async throws -> String {
    for _ in 0..<40 {
      try await press(key)
      if let screen = try? await wait(forText: text, seconds: 0.5) { return screen }
    }
    return try await wait(forText: text)
  }

  public func type(_ text: String) async throws { try await tmux(["send-keys", "-l", text]) }

  public func resize(columns: Int, rows: Int) async throws {
    try await tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
  }

  /// What the terminal shows; with escape sequences for colours when `styled`.
  public func screen(styled: Bool = false) async throws -> String {
    try await tmux(["capture-pane", "-p"] + (styled ? ["-e"] : []))
  }

  public func endServer() async throws { try await tmux(["kill-server"]) }

  /// Awaits a screen that makes the condition hold, and returns it.
  @discardableResult
  public func wait(
    for what: String, seconds: Double = 20, until condition: (String) throws -> Bool
  ) async throws -> String {
    var patience = Patience(seconds: seconds)
    while true {
      let screen = try await screen()
      if try condition(screen) { return screen }
      try patience.spend(on: what, seeing: screen)
    }
  }

  /// Awaits a line `line N` with at least this number, and returns the greatest one on the screen.
  @discardableResult
  public func wait(forLine number: Int) async throws -> Int {
    func newest(_ screen: String) -> Int {
      screen.split(separator: "line ").compactMap { Int($0.prefix { $0.isNumber }) }.max() ?? 0
    }
    return newest(try await wait(for: "line \(number) or later") { newest($0) >= number })
  }

  /// Awaits text on the screen.
  @discardableResult
  public func wait(forText text: String, seconds: Double = 20) async throws -> String {
    try await wait(for: "\"\(text)\"", seconds: seconds) { $0.contains(text) }
  }
}
