import Work

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The work of a session as kinds of tasks that take about the same time: an item, or single tasks whose names differ in
/// their numbers alone.
struct WorkItems: Sendable {
  struct Item: Sendable {
    let cores: Int
    /// Whether its tasks run in workers that hold cores of their own.
    let isCall: Bool
    let after: [String]

    fileprivate(set) var done = 0
    fileprivate(set) var failed = 0
    fileprivate(set) var failedSeconds = 0.0
    fileprivate(set) var logs = 0.0
    fileprivate(set) var squaredLogs = 0.0
    /// Seconds that each of those has run which run.
    fileprivate(set) var running: [Double] = []
    fileprivate(set) var queued = 0
    fileprivate(set) var waiting = 0

    var open: Int { running.count + queued + waiting }
  }

  private(set) var items: [Item] = []
  /// The item of each batch.
  private var numbers: [Int] = []
  private var numberByKey: [String: Int] = [:]
  private var itemByName: [String: Int] = [:]
  private var descriptionChanges = 0

  func item(named name: String) -> Int? { itemByName[name] }

  /// Counts again.
  mutating func update(_ table: TaskTable, at now: Timestamp) {
    if numbers.count > table.batches.count || descriptionChanges != table.descriptionChanges { self = WorkItems() }
    descriptionChanges = table.descriptionChanges
    for batch in table.batches[numbers.count...] { add(batch, uid: table.uid(of: batch.first)) }
    for index in items.indices { items[index].clear() }
    for (tally, number) in zip(table.tallies, numbers) { items[number].take(tally) }
    for id in table.ids(in: .running).ids {
      guard let number = table.batchNumber(of: id).map({ numbers[$0] }), let started = table.started(id) else {
        continue
      }
      items[number].running.append(max(0, now.seconds(since: started)))
    }
  }

  private mutating func add(_ batch: TaskBatch, uid: String) {
    let description = batch.description
    let name = description.name.isEmpty ? uid : description.name
    let cores = description.resources.cores
    let key = "\(batch.members == .single ? FailureCauses.pattern(of: name) : name)\u{0}\(cores)"
    let number = numberByKey[key] ?? items.count
    if number == items.count {
      items.append(Item(cores: cores, isCall: description.function != nil, after: description.after))
      numberByKey[key] = number
    }
    numbers.append(number)
    itemByName[name] = number
  }
}

extension WorkItems.Item {
  fileprivate mutating func clear() { self = WorkItems.Item(cores: cores, isCall: isCall, after: after) }

  fileprivate mutating func take(_ tally: BatchTally) {
    done += tally.count(in: .done)
    failed += tally.count(in: .failed)
    failedSeconds += tally.failedSeconds
    logs += tally.logs
    squaredLogs += tally.squaredLogs
    queued += tally.count(in: .queued)
    waiting += tally.count(in: .waiting)
  }

  /// How the times of tasks of a kind are spread: their logarithms have a mean and a deviation.
  struct Times: Sendable {
    var mean: Double
    var deviation: Double
    /// Of the mean.
    var error: Double
    /// How likely one fails, and the seconds it takes for that.
    var failing: Double
    var failingSeconds: Double
  }

  /// What those show that are DONE, and those that run for longer already; `nil` when none is DONE.
  var times: Times? {
    guard done > 0 else { return nil }
    var (number, sum, squares) = (Double(done), logs, squaredLogs)
    let usual = sum / number
    for seconds in running {
      let log = log(max(seconds, BatchTally.shortest))
      guard log > usual else { continue }
      (number, sum, squares) = (number + 1, sum + log, squares + log * log)
    }
    let mean = sum / number
    // Of one or two tasks that took the same time nobody knows that all will: as if one more were a tenth off.
    let variance = (max(0, squares - sum * mean) + 0.01) / number
    return Times(
      mean: mean, deviation: variance.squareRoot(), error: (variance / number).squareRoot(),
      failing: Double(failed) / Double(failed + done), failingSeconds: failed > 0 ? failedSeconds / Double(failed) : 0)
  }
}
