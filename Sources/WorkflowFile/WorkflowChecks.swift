import Work
import Yams

/// What can be wrong between the tasks of a workflow, each of them being right.
struct WorkflowChecks {
  let reader: NodeReader
  let file: WorkflowFile
  let tasks: [ParsedTask]
  private let byName: [String: ParsedTask]

  init(reader: NodeReader, file: WorkflowFile, tasks: [ParsedTask]) {
    self.reader = reader
    self.file = file
    self.tasks = tasks
    byName = Dictionary(tasks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func run() {
    checkNames()
    checkResources()
    checkCount()
    let edges = checkDependencies()
    checkCycles(edges)
  }

  private func checkNames() {
    var seen: Set<String> = []
    for task in tasks where !task.name.isEmpty && !seen.insert(task.name).inserted {
      let first = byName[task.name]?.mark?.line ?? 0
      reader.report(task.mark, "there is already a task '\(shortened(task.name))' (on line \(first))")
    }
  }

  private func checkResources() {
    let raptorCores = file.needsRaptor ? 1 : 0
    for task in tasks {
      let wanted = task.item.description.resources
      if let cores = file.pilot.cores, wanted.cores > cores - raptorCores, cores > raptorCores {
        let kept = raptorCores == 0 ? "" : ", of which the raptor keeps one"
        reader.report(
          task.coresMark, "task '\(task.name)' needs \(counted(wanted.cores, "core")), the pilot has \(cores)\(kept)")
      }
      if let gpus = file.pilot.gpus, wanted.gpus > gpus {
        reader.report(
          task.gpusMark, "task '\(task.name)' needs \(counted(wanted.gpus, "gpu")), the pilot has \(gpus)")
      }
      if task.item.description.raptor, file.raptor == false {
        reader.report(
          task.raptorMark, "task '\(task.name)' goes through the raptor, but the workflow says 'raptor: false'")
      }
    }
  }

  private func checkCount() {
    var total = 0
    for task in tasks {
      total += task.count
      if total > TaskReader.taskLimit {
        reader.report(task.mark, "these are more than \(TaskReader.taskLimit) tasks, the most a session can hold")
        return
      }
    }
  }

  /// Which item waits for which, each with the place that says so.
  private func checkDependencies() -> [String: [(name: String, mark: Mark?)]] {
    var edges: [String: [(name: String, mark: Mark?)]] = [:]
    for task in tasks where !task.name.isEmpty {
      for (text, mark) in task.after {
        guard let dependency = Dependency(text, isItem: { byName[$0] != nil }), let other = byName[dependency.itemName]
        else {
          let near = suggestion(for: text, among: byName.keys.sorted())
          reader.report(mark, "task '\(task.name)' is after '\(shortened(text))', which is no task here\(near)")
          continue
        }
        checkMember(dependency, of: other, for: task, mark: mark)
        edges[task.name, default: []].append((other.name, mark))
      }
    }
    return edges
  }

  private func checkMember(_ dependency: Dependency, of other: ParsedTask, for task: ParsedTask, mark: Mark?) {
    switch dependency {
    case .item: return
    case .member, .sameMember:
      if !other.isEnsemble {
        reader.report(
          mark, "task '\(task.name)' is after a member of '\(other.name)', which is no ensemble: write '\(other.name)'")
        return
      }
    }
    if case .member(_, let number) = dependency, number >= other.count {
      reader.report(
        mark,
        "task '\(task.name)' is after '\(other.name).\(number)', but '\(other.name)' has the members "
          + "0 to \(other.count - 1)")
    }
    if case .sameMember = dependency, task.isEnsemble, task.count > other.count {
      reader.report(
        mark,
        "task '\(task.name)' has \(task.count) members and each is after its own of '\(other.name)', "
          + "which has only \(other.count)")
    }
  }

  /// Each cycle is reported once, at the place that closes it.
  private func checkCycles(_ edges: [String: [(name: String, mark: Mark?)]]) {
    var names = edges.mapValues { $0.map(\.name) }
    for _ in 0..<20 {
      guard let cycle = Dependency.cycle(in: names, order: tasks.map(\.name)), cycle.count > 1 else { return }
      let last = cycle[cycle.count - 2]
      let mark = edges[last]?.first { $0.name == cycle[0] }?.mark
      // A long cycle is named by its ends.
      let shown = cycle.count > 12 ? cycle.prefix(6) + ["…"] + cycle.suffix(5) : cycle[...]
      reader.report(mark, "tasks wait for each other: \(shown.joined(separator: " → "))")
      names[last]?.removeAll { $0 == cycle[0] }
    }
  }
}

/// `1 core`, `3 cores`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
