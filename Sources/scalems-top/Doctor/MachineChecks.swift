import Glibc
import Leftovers
import LocalEngine
import Platform
import SessionLink
import SystemPackage
import Terminal
import Words

extension Check {
  /// What every session needs, of whatever engine.
  static let machine = [
    Check("terminal", checkTerminal),
    Check("size") { context in
      guard let size = context.terminal.size else { return nil }
      let words = "\(size.columns) x \(size.rows) cells"
      guard size.columns < 40 || size.rows < 10 else { return .ok(words) }
      return .warn(words, "The screen needs 40 x 10 cells: enlarge the window.")
    },
    Check("colours") { context in
      guard context.terminal.size != nil else { return nil }
      let words = context.terminal.colors >= 8 ? "\(context.terminal.colors)" : "none"
      return .ok(context.terminal.wantsColor ? words : "\(words), but NO_COLOR asks for none")
    },
    Check("locale") { context in
      guard context.terminal.isASCII else { return .ok("UTF-8") }
      return .warn("not UTF-8: the screen is drawn in ASCII", "Set LC_ALL=C.UTF-8 if the terminal shows UTF-8.")
    },
    Check("cores") { _ in
      let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
      let isLimited = CoreQuota.ofThisProcess().map { $0 < online } ?? false
      let words = "\(LocalEngine.availableCores) of \(online) may be used\(isLimited ? ", by a quota" : "")"
      guard LocalEngine.availableCores < 2 else { return .ok(words) }
      return .warn(words, "A session with a raptor needs 2: ask the batch system, or 'taskset', for more.")
    },
    Check("memory", checkMemory),
    Check("processes", checkProcesses),
    Check("state") { _ in
      let directory = SessionRegistry.sessions.directory
      return writable(directory) ?? .ok(directory)
    },
    Check("sessions") { _ in
      let here: FilePath
      do { here = try currentDirectory() } catch {
        return Finding.fail("\(error)", "Sessions are made below it unless --session-dir names another directory.")
      }
      let directory = here.appending(SessionsFolder.name).string
      return writable(directory) ?? space(directory, needed: 100 << 20)
    },
    Check("python3") { _ in
      guard let python = await SystemPython.find() else {
        return .warn("not found", "Only sessions of RADICAL-Pilot need it: install Python 3.8 or newer for those.")
      }
      guard python.version >= SystemPython.oldest else {
        return .warn(
          python.words, "RADICAL-Pilot needs 3.8 or newer: put the directory of a newer python3 first in PATH.")
      }
      return .ok(python.words)
    },
  ]

  @Sendable private static func checkTerminal(_ context: CheckContext) -> Finding? {
    do {
      if let substitute = try Screen.checkTerminal() {
        return .warn(
          "\(context.terminal.name): terminfo does not know it, so it is taken for \(substitute)",
          "Set TERM to one that this machine knows, if the screen looks wrong.")
      }
    } catch {
      // Without a terminal nobody wants a screen.
      guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
        return .ok("\(error): runs are in batch")
      }
      return .fail(error.description, "Set TERM to what the terminal is, for example xterm-256color, or use --batch.")
    }
    return .ok(context.terminal.name)
  }

  @Sendable private static func checkMemory(_ context: CheckContext) -> Finding? {
    guard let free = availableMemory() else { return nil }
    let words = "\(Format.room(free)) available"
    // Its 36 processes were measured to take 500 MiB at the client and 660 MiB at the agent.
    guard context.venv != nil, free < 1536 << 20 else { return .ok(words) }
    return .warn(words, "A session of RADICAL-Pilot takes about 1.2 GiB: use a machine with more, or end something.")
  }

  @Sendable private static func checkProcesses(_ context: CheckContext) -> Finding? {
    guard let room = ProcessRoom.find() else { return .ok("no limit") }
    let words = "\(room.free) more may be started (\(room.limit))"
    guard context.venv != nil, room.free < 500 else { return .ok(words) }
    let needs = "RADICAL-Pilot starts about 45 processes with some 350 threads, and this limit counts threads"
    if room.free < 60 { return .fail(words, "\(needs): raise it, or end something.") }
    return .warn(words, "\(needs): raise it if a session does not start.")
  }
}

/// The memory that can be had without swapping, in bytes.
private func availableMemory() -> Int? {
  guard let bytes = try? readFile("/proc/meminfo") else { return nil }
  for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("MemAvailable:") {
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
  return nil
}
