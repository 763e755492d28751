/// Looks for what is wrong with each item by itself.
///
/// A class, and one for all items: its words are made only when they are needed, from what is looked at then.
final class TaskCheck {
  private(set) var place = 0
  private(set) var item = WorkItem(TaskDescription(name: ""))
  private(set) var found: [WorkViolation] = []
  /// Of the texts of all items so far.
  var bytes = 0
  private let pilot: PilotSize?

  /// - Parameter pilot: what tasks must fit on.
  init(pilot: PilotSize?) { self.pilot = pilot }

  var description: TaskDescription { item.description }

  // MARK: Words

  /// What messages call the task: by its name, or by its place among those that are offered.
  var owner: String { Self.owner(item, at: place) }

  static func owner(_ item: WorkItem, at place: Int) -> String {
    let name = item.description.name
    return name.isEmpty ? "task \(place + 1)" : "task '\(shortened(name))'"
  }

  /// `'timeout' in task 't'`.
  func what(_ key: String) -> String { description.name.isEmpty ? "'\(key)'" : "'\(key)' in \(owner)" }

  func report(_ path: [WorkViolation.Step], kind: WorkViolation.Kind = .value, _ sentence: String?) {
    if let sentence { found.append(WorkViolation(item: place, path: path, kind: kind, sentence)) }
  }

  func report(_ key: String, _ sentence: String?) {
    if let sentence { report([.key(key)], sentence) }
  }

  // MARK: The rules

  func check(_ item: WorkItem, at place: Int) {
    (self.item, self.place) = (item, place)
    checkName()
    checkShape()
    if description.function == nil { checkProgram() } else { checkFunction() }
    checkTexts()
    checkOutputNames()
    checkStaging(description.inputs, .input, key: "inputs")
    checkStaging(description.outputs, .output, key: "outputs")
    checkDirectories()
    checkNumbers()
    if let pilot { checkFit(pilot) }
    if bytes > TaskRules.offerBytes {
      bytes = 0
      report([], "these tasks are larger than \(TaskRules.offerBytes >> 20) MiB together: leave their data in files")
    }
  }

  private func checkName() {
    let name = description.name
    if name.isEmpty { return report("name", "\(owner) has no 'name'") }
    report("name", TaskName.fault(of: name).map { "the task name '\(shortened(name))' \($0)" })
  }

  private func checkShape() {
    guard item.shape.count <= 1 else {
      return report(
        [.key("ensemble")], kind: .unsupported,
        "\(what("ensemble")) must be one number: only one-dimensional ensembles are supported")
    }
    if let count = item.shape.first {
      report("ensemble", NumberRules.whole(count, what("ensemble"), in: TaskRules.taskRange))
    }
  }

  private func checkDirectories() {
    for (key, path) in [("directory", description.directory), ("client_directory", description.clientDirectory)] {
      guard let path else { continue }
      bytes += path.utf8.count
      report(key, TaskRules.fault(ofDirectory: path).map { "\(what(key)) \($0)" })
    }
    if description.function != nil, description.directory != nil {
      report("directory", "\(what("directory")) is for programs: a function runs in the task's own")
    }
  }

  private func checkNumbers() {
    let resources = description.resources
    number(resources.ranks, "ranks", in: TaskRules.coreRange)
    number(resources.coresPerRank, "cores_per_rank", in: TaskRules.coreRange)
    number(resources.gpusPerRank, "gpus_per_rank", in: TaskRules.gpuRange)
    number(description.retries, "retries", in: TaskRules.retryRange)
    if let timeout = description.timeout { report("timeout", NumberRules.seconds(timeout, what("timeout"))) }
    let most = PilotSize.coreRange.upperBound
    if resources.cores > most { report("ranks", "\(owner) needs more than \(most) cores, which no pilot has") }
    if resources.gpus > most { report("gpus_per_rank", "\(owner) needs more than \(most) gpus, which no pilot has") }
  }

  private func number(_ value: Int, _ key: String, in range: ClosedRange<Int>) {
    if !range.contains(value) { report(key, NumberRules.whole(value, what(key), in: range)) }
  }

  private func checkFit(_ pilot: PilotSize) {
    if let (field, sentence) = pilot.refusal(
      of: CoreNeeds(description.resources), isFunction: description.function != nil)
    {
      report(field, "\(owner) \(sentence)")
    }
    if description.raptor, let why = pilot.noRaptor { report("raptor", "\(owner) goes through the raptor, but \(why)") }
  }
}
