#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Another program that has the terminal for a while, as a pager or an editor; the screen was left before.
///
/// It is a process group of its own in the foreground, so that a Ctrl-C for it interrupts nothing of ours.
public final class TerminalProgram {
  /// What a file is shown with.
  public enum Kind: Equatable, Sendable { case pager, editor }

  private let pid: pid_t
  private var isRunning = true

  /// The command that shows a file: what PAGER, or VISUAL or EDITOR, say, which may be a program with arguments. What goes
  /// wrong with it stays on the screen until Enter.
  public static func command(_ kind: Kind, _ path: String) -> [String] {
    func variable(_ name: String) -> String? {
      getenv(name).flatMap { $0.pointee == 0 ? nil : String(cString: $0) }
    }
    let program =
      switch kind {
      case .pager: variable("PAGER") ?? "less"
      case .editor: variable("VISUAL") ?? variable("EDITOR") ?? "vi"
      }
    // In a shell of its own: words that are no command end that one, and are told like all else.
    let script = """
      if [ -r "$1" ]; then (eval "$2 \\"\\$1\\"") && exit; echo "$2 ended with status $?"
      else echo "$1 cannot be read here"; fi
      printf 'Enter goes back to scalems-top '; read -r answer
      """
    return ["/bin/sh", "-c", script, "sh", path, program]
  }

  /// Starts it.
  ///
  /// - Returns: `nil` when that is not possible.
  public init?(_ command: [String]) {
    guard let program = command.first else { return nil }
    var attributes = posix_spawnattr_t()
    guard posix_spawnattr_init(&attributes) == 0 else { return nil }
    defer { posix_spawnattr_destroy(&attributes) }
    // What this process does with signals is no business of it.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGWINCH, SIGCONT] {
      sigaddset(&signals, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    var started: pid_t = 0
    guard posix_spawn(&started, program, nil, &attributes, arguments, environ) == 0 else { return nil }
    pid = started
    giveTerminal(to: started)
  }

  /// Whether it has ended; looks without waiting. Then the terminal is this process's again.
  public func hasEnded() -> Bool {
    guard isRunning else { return true }
    var status: Int32 = 0
    let found = waitpid(pid, &status, WNOHANG | WUNTRACED)
    if found == 0 || (found < 0 && errno == EINTR) { return false }
    // Stopped: at its first look at a terminal that was not its own yet, or by Ctrl-Z, for which there is no shell here.
    if found == pid, status & 0xFF == 0x7F {
      giveTerminal(to: pid)
      return false
    }
    isRunning = false
    giveTerminal(to: getpgrp())
    return true
  }

  /// Ends it, when this process ends before it.
  public func end() {
    guard isRunning, !hasEnded() else { return }
    kill(-pid, SIGHUP)
    kill(-pid, SIGCONT)
    giveTerminal(to: getpgrp())
  }

  private func giveTerminal(to group: pid_t) {
    // From the background it would stop this process.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGTTOU)
    var mask = sigset_t()
    pthread_sigmask(SIG_BLOCK, &blocked, &mask)
    tcsetpgrp(STDIN_FILENO, group)
    pthread_sigmask(SIG_SETMASK, &mask, nil)
    if group == pid { kill(-pid, SIGCONT) }
  }
}
