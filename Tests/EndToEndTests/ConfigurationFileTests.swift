import Glibc
import TestSupport
import Testing

/// The person's configuration file, and the real binary.
@Suite struct ConfigurationFileTests {
  private static func config(_ session: TestSession) throws -> String {
    let path = "\(session.place.path)/config/scalems-top"
    #expect(mkdir("\(session.place.path)/config", 0o700) == 0 && mkdir(path, 0o700) == 0)
    return path + "/config.yaml"
  }

  @Test func `a file that makes no sense is told before anything starts, and ends no verb`() async throws {
    let session = try TestSession(longWorkflow)
    let path = try Self.config(session)
    try session.place.write("theme: light\nkeys:\n  drain: c\n", to: "config/scalems-top/config.yaml")
    let environment = ["XDG_CONFIG_HOME": "\(session.place.path)/config"]
    let terminal = try await session.terminal(columns: 150, environment: environment)
    for verb in ["run w.yaml --session-dir s", "attach", "watch s", "replay s", ""] {
      // Of verbs that need a session there is one later.
      if verb != "run w.yaml --session-dir s", !session.place.exists("s") {
        #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
      }
      try await terminal.run("clear; $SCALEMS_TOP \(verb); echo \"'\(verb)' exit=$?\"")
      let screen = try await terminal.wait(forText: "'\(verb)' exit=2")
      #expect(screen.contains("\(path):3:10: 'drain' and 'cancel' would both have 'c'"), "\(verb): \(screen)")
      #expect(screen.contains("--no-config"))
      #expect(!verb.hasPrefix("run") || !session.place.exists("s"), "nothing was started")
    }
    try await terminal.run("clear; $SCALEMS_TOP attach --no-config")
    try await terminal.wait(forText: "RUNNING")
    try await terminal.press("q")
    for arguments in [["status", "s"], ["drain", "s"], ["resume", "s"], ["close", "s", "--now", "--wait"]] {
      #expect(try await session.run(arguments, environment: environment).exitCode != 2, "\(arguments)")
    }
    try await session.awaitNothingLeft()
  }

  @Test func `its theme, keys and columns are those of the screen`() async throws {
    let session = try TestSession(longWorkflow)
    _ = try Self.config(session)
    try session.place.write(
      "theme: light\ncolumns: [started, state]\nrefresh: 0.2\nkeys: {help: [H], leave: [E]}\n",
      to: "config/scalems-top/config.yaml")
    let terminal = try await session.terminal(environment: ["XDG_CONFIG_HOME": "\(session.place.path)/config"])
    try await terminal.run(
      "unset NO_COLOR; export TERM=screen-256color; $SCALEMS_TOP run w.yaml --session-dir s; echo exit=$?")
    try await terminal.wait(for: "the columns") {
      $0.contains("STARTED") && !$0.contains("TIME") && $0.contains("H help")
    }
    #expect(try await terminal.screen(styled: true).contains("38;5;25m"), "navy")
    try await terminal.press("E")
    try await terminal.wait(forText: "Leave it running")
    try await terminal.press("l")
    try await terminal.wait(forText: "exit=0")
    // NO_COLOR counts more than the file, and less than what is said for this one screen.
    for (options, isColored) in [("", false), ("--theme light", true), ("--theme mono", false)] {
      try await terminal.run("clear; NO_COLOR=1 $SCALEMS_TOP watch s \(options)")
      try await terminal.wait(forText: "READ-ONLY")
      #expect(try await terminal.screen(styled: true).contains("38;5;") == isColored, "\(options)")
      try await terminal.press("E")
      try await terminal.wait(for: "the shell") { !$0.contains("READ-ONLY") && $0.contains("ready$") }
    }
    #expect(try await session.run("close", "s", "--now", "--wait").exitCode <= 1)
    try await session.awaitNothingLeft()
  }

  @Test func `what is no file of one's own is told, and never waited for`() async throws {
    let session = try TestSession(longWorkflow)
    let path = try Self.config(session)
    let terminal = try await session.terminal(
      columns: 150, environment: ["XDG_CONFIG_HOME": "\(session.place.path)/config"])
    var count = 0
    func expect(_ words: String) async throws {
      count += 1
      try await terminal.run("clear; $SCALEMS_TOP run w.yaml --session-dir s; echo \(count)=exit=$?")
      let screen = try await terminal.wait(forText: "\(count)=exit=2")
      #expect(screen.contains("\(path) \(words)"), "\(screen)")
      #expect(unlink(path) == 0 || rmdir(path) == 0)
    }
    #expect(mkfifo(path, 0o600) == 0)
    try await expect("is a FIFO, not a file")
    #expect(mkdir(path, 0o700) == 0)
    try await expect("is a directory, not a file")
    #expect(symlink("/dev/tty", path) == 0)
    try await expect("is a device, not a file")
    try session.place.write(String(repeating: "#", count: 70_000), to: "config/scalems-top/config.yaml")
    try await expect("cannot be read: File too large")
    if geteuid() == 0 {
      try session.place.write("theme: light\n", to: "config/scalems-top/config.yaml")
      #expect(chown(path, 12345, 12345) == 0)
      try await expect("belongs to 12345, not to you")
    }
    #expect(!session.place.exists("s"))
  }
}
