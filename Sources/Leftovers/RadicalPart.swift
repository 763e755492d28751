import Glibc
import Platform

/// What shows that RADICAL-Pilot started a process, or a task of it did.
///
/// Where a process works shows nothing: users have servers, copies and notebooks in the directories of their sessions, with
/// and without a terminal.
public enum RadicalPart {
  /// RADICAL-Pilot's own processes rewrite their titles, and have no environment any more.
  public static func isComponent(_ pid: pid_t) -> Bool {
    (try? readFile("/proc/\(pid)/comm"))?.starts(with: "rp.".utf8) ?? false
  }

  /// Whether it works in a session's directory as what RADICAL-Pilot starts there does: one of its programs, as its own
  /// processes are before they have their titles, or a task, of which a raptor hands on only the id.
  public static func isStarted(_ pid: pid_t) -> Bool {
    let prefix = Array("radical-pilot-".utf8)
    if programs(of: pid).contains(where: { $0.starts(with: prefix) }) { return true }
    return EnvironmentBlock(of: pid)?.value(of: "RP_TASK_ID") != nil
  }

  /// Whether it asks a batch system or commands it, as RADICAL-Pilot's launcher does, and has outlived who started it: a
  /// queue may take minutes to answer. What a user's script asks has that script for a parent.
  public static func isOrphanedCommand(_ entry: ProcessTable.Entry, in table: ProcessTable) -> Bool {
    // Whoever takes in orphans has another session than they.
    guard table.entries[entry.parent]?.session != entry.session else { return false }
    return programs(of: entry.pid).contains { batchCommands.contains(Array($0)) }
  }

  private static let batchCommands = Set(
    [
      "squeue", "sbatch", "scancel", "scontrol", "sacct", "qstat", "qsub", "qdel", "bjobs", "bsub", "bkill",
    ].map { Array($0.utf8) })

  /// The names of its program and, of an interpreter, of its script.
  private static func programs(of pid: pid_t) -> [ArraySlice<UInt8>] {
    let line = (try? readFile("/proc/\(pid)/cmdline")) ?? []
    return line.split(separator: 0, maxSplits: 2).prefix(2).compactMap { $0.split(separator: UInt8(ascii: "/")).last }
  }

  /// The pilot's directory that an environment names, which RADICAL-Pilot gives to all that its tasks start.
  public static func pilot(inEnvironmentOf pid: pid_t) -> String? {
    EnvironmentBlock(of: pid)?.value(of: "RP_PILOT_SANDBOX")
  }

  /// Whether a file is one that RADICAL-Pilot makes for what the parts of a pilot print, or a task:
  /// `pilot.0000/bootstrap_0.out`, `pilot.0000/task.000000/task.000000.err`.
  public static func isOutput(_ path: [UInt8]) -> Bool {
    let parts = path.split(separator: UInt8(ascii: "/")).suffix(3).map(Array.init)
    guard let file = parts.last, let folder = parts.dropLast().last else { return false }
    guard [".out", ".err"].contains(where: { file.suffix(4).elementsEqual($0.utf8) }) else { return false }
    let pilot = Array("pilot.".utf8)
    if folder.starts(with: pilot) {
      return ["bootstrap_", "agent_"].contains { file.starts(with: $0.utf8) }
    }
    return parts.count == 3 && parts[0].starts(with: pilot) && file.starts(with: folder + [UInt8(ascii: ".")])
  }
}
