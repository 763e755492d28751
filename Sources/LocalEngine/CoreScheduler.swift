import SessionModel
import Work

/// Which of the waiting tasks gets the free cores: the first that fits, except that one that was passed over often
/// enough blocks those behind it, so that a big task is not starved by small ones.
struct CoreScheduler {
  struct Request: Equatable {
    var id: TaskID
    var cores: Int
    var gpus: Int
  }

  struct Start: Equatable {
    var id: TaskID
    /// The gpus it got, by number.
    var gpus: [Int]
  }

  let cores: Int
  let gpus: Int
  private(set) var freeCores: Int
  private var freeGPUs: [Int]
  private var waiting: [Request] = []
  private var held: [TaskID: (cores: Int, gpus: [Int])] = [:]
  /// How often a task was started before the first in the queue.
  private var passedOver = 0

  init(cores: Int, gpus: Int) {
    self.cores = cores
    self.gpus = gpus
    freeCores = cores
    freeGPUs = Array(0..<gpus)
  }

  /// Starts before the first one that are allowed: about one filling of the pilot with small tasks.
  private var patience: Int { max(4, cores) }

  /// Takes cores out of use for the raptor itself, or gives them back.
  mutating func reserve(cores count: Int) { freeCores -= count }

  /// Why the pilot can never run this task, or `nil`.
  func refusal(of request: Request, available: Int) -> String? {
    if request.cores > available { return "needs \(request.cores) cores, the pilot has \(available)" }
    if request.gpus > gpus { return "needs \(request.gpus) gpus, the pilot has \(gpus)" }
    return nil
  }

  mutating func add(_ request: Request) { waiting.append(request) }

  /// Takes a task out of the queue; false when it is not there.
  mutating func remove(_ id: TaskID) -> Bool {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return false }
    waiting.remove(at: index)
    if index == 0 { passedOver = 0 }
    return true
  }

  /// Takes all waiting tasks out.
  mutating func removeAll() -> [TaskID] {
    defer { waiting = [] }
    return waiting.map(\.id)
  }

  /// The next task to start, with its cores and gpus taken; `nil` when none fits now.
  mutating func next() -> Start? {
    guard freeCores > 0 else { return nil }
    for index in waiting.indices {
      let request = waiting[index]
      guard request.cores <= freeCores, request.gpus <= freeGPUs.count else {
        if index == 0, passedOver >= patience { return nil }
        continue
      }
      waiting.remove(at: index)
      passedOver = index == 0 ? 0 : passedOver + 1
      let gpus = Array(freeGPUs.prefix(request.gpus))
      freeGPUs.removeFirst(request.gpus)
      freeCores -= request.cores
      held[request.id] = (request.cores, gpus)
      return Start(id: request.id, gpus: gpus)
    }
    return nil
  }

  /// Gives back what a task held.
  mutating func release(_ id: TaskID) {
    guard let (cores, gpus) = held.removeValue(forKey: id) else { return }
    freeCores += cores
    freeGPUs = (freeGPUs + gpus).sorted()
  }
}
