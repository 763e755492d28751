import Glibc
import Platform

/// Finds the processes of one RADICAL-Pilot session on this machine.
///
/// RADICAL-Pilot's processes rewrite their titles, but their working directories hold its session id, or the command
/// line of who starts a pilot. What a task runs holds it in its environment, or writes to the task's output; what hides all
/// that descends from one of them.
struct ProcessSearch: Sendable {
  let record: RadicalRecord
  /// What of RADICAL-Pilot's shows that it is the session's.
  let mark: RadicalMark?

  private let others: Set<pid_t>

  /// - Parameter others: what is no part, whatever it shows.
  init(record: RadicalRecord, mark: RadicalMark? = nil, sparing others: Set<pid_t> = []) {
    self.record = record
    self.others = others
    self.mark = mark ?? record.rpSession.map(RadicalMark.init(ours:))
  }

  /// The live ones, this user's only; never this process or one it descends from.
  func run() -> [ProcessTable.Entry] {
    guard record.host == machineName() else { return [] }
    let table = ProcessTable()
    let spared = ancestors(of: getpid(), in: table).union(others)
    let user = getuid()
    let candidates = table.entries.values.filter { entry in
      !entry.isZombie && !spared.contains(entry.pid) && entry.pid > 1 && owner(of: entry.pid) == user
    }
    let hasGroup = candidates.contains { $0.group == record.group && isOfGroup($0, in: table) }
    var found: Set<pid_t> = []
    var started: Set<pid_t> = []
    for entry in candidates {
      if hasGroup, entry.group == record.group { found.insert(entry.pid) }
      guard let mark, let part = part(entry, of: mark, in: table) else { continue }
      found.insert(entry.pid)
      if part == .started { started.insert(entry.pid) }
    }
    // What tasks start may hide what it belongs to. With a terminal it is somebody's shell.
    for entry in candidates where entry.terminal == 0 && !found.contains(entry.pid) {
      // Who leads a session of processes has started all others of it, whoever takes them in as orphans.
      let isOfStarted = started.contains(entry.session)
      if isOfStarted || !ancestors(of: entry.pid, in: table).isDisjoint(with: started) { found.insert(entry.pid) }
    }
    return candidates.filter { found.contains($0.pid) }.sorted { $0.pid < $1.pid }
  }

  /// Whether this member shows that the group is the session's still: ids of groups are given again, but not while the
  /// group has members.
  private func isOfGroup(_ entry: ProcessTable.Entry, in table: ProcessTable) -> Bool {
    guard record.group > 1, record.group != getpgrp() else { return false }
    if entry.pid == record.helper { return entry.start == record.helperStart }
    // The helper, and what RADICAL-Pilot forked from it, were started with our id.
    if commandLine(entry.pid).map({ RadicalMark(ours: record.session).isIn($0) }) ?? false { return true }
    return mark.flatMap { part(entry, of: $0, in: table) } != nil
  }

  private enum Part {
    /// It opened the session: what else it has started is its user's.
    case program
    /// RADICAL-Pilot started it.
    case started
  }

  /// What it is of the session; `nil` when nothing of it shows that it is a part.
  private func part(_ entry: ProcessTable.Entry, of mark: RadicalMark, in table: ProcessTable) -> Part? {
    let pid = entry.pid
    let isThere = ProcessFiles.directory(of: pid).map { mark.isIn($0) || mark.isDirectory($0) } ?? false
    // RADICAL-Pilot's own, and tasks, may have the terminal of who opened it.
    if isThere && RadicalPart.isComponent(pid) || isTask(pid, of: mark) { return .started }
    let files = ProcessFiles.written(by: pid)
    // The proxy of a session that its program opened next has the files of this one, too.
    let isProxy = files.contains { $0.suffix(RadicalMark.proxySuffix.count).elementsEqual(RadicalMark.proxySuffix) }
    if files.contains(where: { isProxy ? mark.isProxyLog($0) : mark.isHeldFile($0) || mark.isWrittenFile($0) }) {
      return .program
    }
    // With a terminal it is someone's shell in the sandbox, or an editor.
    guard entry.terminal == 0 else { return nil }
    let isStarted =
      startsPilot(pid, of: mark)
      || isThere && (RadicalPart.isStarted(pid) || RadicalPart.isOrphanedCommand(entry, in: table))
      || files.contains { RadicalPart.isOutput($0) && mark.isIn($0) }
    return isStarted ? .started : nil
  }

  /// Who looks at a session, or commands it, names it on its command line, too: only who starts a pilot is a part of it.
  private func startsPilot(_ pid: pid_t, of mark: RadicalMark) -> Bool {
    let script = Array("/bootstrap_0.sh".utf8)
    let words = commandLine(pid)?.split(separator: 0) ?? []
    return words.contains { $0.suffix(script.count) == script[...] && mark.isIn(Array($0)) }
  }

  private func commandLine(_ pid: pid_t) -> [UInt8]? { try? readFile("/proc/\(pid)/cmdline") }

  private func isTask(_ pid: pid_t, of mark: RadicalMark) -> Bool {
    (try? readFile("/proc/\(pid)/environ")).map { mark.isTask($0) } ?? false
  }

  /// With the process itself.
  private func ancestors(of pid: pid_t, in table: ProcessTable) -> Set<pid_t> {
    var result: Set<pid_t> = []
    var pid = pid
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
