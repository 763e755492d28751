import Glibc
import Platform
import Work

/// The processes of a task, as they are now.
struct TaskTree {
  /// Its ranks, what descends from them, what shares their sessions, and what left both but still carries the task's id:
  /// the ranks first, so that a shell that is ended does not tell how its children did.
  let processes: [ProcessTable.Entry]

  init(of task: RunningTask) {
    let table = ProcessTable()
    let leaders = Set(task.ranks.map(\.pid))
    var found: [pid_t: ProcessTable.Entry] = [:]
    for rank in task.ranks where rank.isAlive {
      if let entry = table.entries[rank.pid] { found[rank.pid] = entry }
      for entry in table.descendants(of: rank.pid) { found[entry.pid] = entry }
    }
    for entry in table.entries.values where leaders.contains(entry.session) { found[entry.pid] = entry }
    let mark = TaskVariables.mark(of: task.item.id)
    for entry in table.descendants(of: getpid()) where found[entry.pid] == nil && !entry.isZombie {
      if ProcessTable.environment(of: entry.pid, holds: mark) { found[entry.pid] = entry }
    }
    processes = found.values.filter { !$0.isZombie }.sorted {
      (leaders.contains($0.pid) ? 0 : 1, $0.pid) < (leaders.contains($1.pid) ? 0 : 1, $1.pid)
    }
  }

  /// What launchers of MPI have started, whoever called them: a launcher that is told to end by itself ends its ranks
  /// in order and cleans up; ranks that are told, too, are losses to it.
  var launched: Set<pid_t> {
    let parents = Dictionary(processes.map { ($0.pid, $0.parent) }, uniquingKeysWith: { first, _ in first })
    let launchers = Set(processes.lazy.map(\.pid).filter(MPILauncher.isRunning(as:)))
    guard !launchers.isEmpty else { return [] }
    return Set(
      parents.keys.filter { pid in
        var next = parents[pid]
        for _ in 0..<parents.count {
          guard let parent = next else { return false }
          if launchers.contains(parent) { return true }
          next = parents[parent]
        }
        return false
      })
  }
}
