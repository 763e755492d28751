import Glibc
import Platform

/// Finds the processes of one RADICAL-Pilot session on this machine.
///
/// RADICAL-Pilot's processes rewrite their titles, but their working directories hold its session id, or the command
/// line of who starts a pilot. What a task runs holds it in its environment.
struct ProcessSearch: Sendable {
  let record: RadicalRecord
  /// What of RADICAL-Pilot's shows that it is the session's.
  let mark: RadicalMark?

  init(record: RadicalRecord, mark: RadicalMark? = nil) {
    self.record = record
    self.mark = mark ?? record.rpSession.map(RadicalMark.init(ours:))
  }

  /// The live ones, this user's only; never this process or one it descends from.
  func run() -> [ProcessTable.Entry] {
    guard record.host == machineName() else { return [] }
    let table = ProcessTable()
    let spared = ancestors(in: table)
    let user = getuid()
    let candidates = table.entries.values.filter { entry in
      !entry.isZombie && !spared.contains(entry.pid) && entry.pid > 1 && owner(of: entry.pid) == user
    }
    let hasGroup = candidates.contains { $0.group == record.group && isOfGroup($0) }
    return candidates.filter { entry in
      if hasGroup, entry.group == record.group { return true }
      guard let mark else { return false }
      // What only works there and has a terminal is someone's shell in the sandbox, or an editor.
      return isPart(entry.pid, of: mark) || entry.terminal == 0 && hasMark(mark, entry.pid)
    }.sorted { $0.pid < $1.pid }
  }

  /// Whether this member shows that the group is the session's still: ids of groups are given again, but not while the
  /// group has members.
  private func isOfGroup(_ entry: ProcessTable.Entry) -> Bool {
    guard record.group > 1, record.group != getpgrp() else { return false }
    if entry.pid == record.helper { return entry.start == record.helperStart }
    // The helper, and what RADICAL-Pilot forked from it, were started with our id.
    if commandLine(entry.pid).map({ RadicalMark(ours: record.session).isIn($0) }) ?? false { return true }
    return mark.map { hasMark($0, entry.pid) } ?? false
  }

  private func hasMark(_ mark: RadicalMark, _ pid: pid_t) -> Bool {
    if let directory = ProcessFiles.directory(of: pid), mark.isIn(directory) { return true }
    // Who looks at a session, or commands it, names it on its command line, too: only who starts a pilot is a part of it.
    let script = Array("/bootstrap_0.sh".utf8)
    let words = commandLine(pid)?.split(separator: 0) ?? []
    if words.contains(where: { $0.suffix(script.count) == script[...] && mark.isIn(Array($0)) }) { return true }
    return isTask(pid, of: mark)
  }

  private func commandLine(_ pid: pid_t) -> [UInt8]? { try? readFile("/proc/\(pid)/cmdline") }

  /// Whether RADICAL-Pilot itself made it a part of the session, which may have the terminal of who opened that.
  private func isPart(_ pid: pid_t, of mark: RadicalMark) -> Bool {
    if (try? readFile("/proc/\(pid)/comm"))?.starts(with: "rp.".utf8) ?? false,
      let directory = ProcessFiles.directory(of: pid), mark.isIn(directory) || mark.isDirectory(directory)
    {
      return true
    }
    // The program that opened it holds the record; its proxy has the same command line, and shows itself by its log alone.
    return isTask(pid, of: mark)
      || ProcessFiles.written(by: pid).contains { mark.isHeldFile($0) || mark.isWrittenFile($0) }
  }

  private func isTask(_ pid: pid_t, of mark: RadicalMark) -> Bool {
    (try? readFile("/proc/\(pid)/environ")).map { mark.isTask($0) } ?? false
  }

  private func ancestors(in table: ProcessTable) -> Set<pid_t> {
    var result: Set<pid_t> = []
    var pid = getpid()
    while pid > 0, result.insert(pid).inserted { pid = table.entries[pid]?.parent ?? 0 }
    return result
  }

  private func owner(of pid: pid_t) -> uid_t? {
    var status = stat()
    return stat("/proc/\(pid)", &status) == 0 ? status.st_uid : nil
  }
}

/// Whether `text` holds the id.
///
/// - Parameter isWord: whether a longer word that holds it is another one.
func holds(_ text: [UInt8], _ id: [UInt8], isWord: Bool = true) -> Bool {
  func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
  guard let first = id.first, text.count >= id.count else { return false }
  return text.withUnsafeBytes { text in
    guard let base = text.baseAddress else { return false }
    // memchr, because this goes over the environments of all processes.
    var start = 0
    while start + id.count <= text.count, let place = memchr(base + start, Int32(first), text.count - start) {
      let found = UnsafeRawPointer(place) - base
      let end = found + id.count
      guard end <= text.count else { return false }
      start = found + 1
      guard memcmp(place, id, id.count) == 0 else { continue }
      guard isWord else { return true }
      if found > 0, isOfWord(text[found - 1]) { continue }
      if end < text.count, isOfWord(text[end]) { continue }
      return true
    }
    return false
  }
}
