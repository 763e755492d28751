import SessionModel
import Work

/// Which of the waiting tasks gets the free cores: the first that fits, except that one that was passed over often
/// enough blocks those behind it, so that a big task is not starved by small ones.
struct CoreScheduler {
  struct Request: Equatable {
    var id: TaskID
    var needs: CoreNeeds
    var isFunction = false

    init(id: TaskID, needs: CoreNeeds, isFunction: Bool = false) {
      self.id = id
      self.needs = needs
      self.isFunction = isFunction
    }

    init(_ item: ResolvedTask) {
      self.init(id: item.id, needs: item.needs, isFunction: item.description.function != nil)
    }
  }

  struct Start: Equatable {
    var id: TaskID
    /// The cores and gpus it got, counted from 0 in the pilot; no cores where their numbers do not matter.
    var slots: TaskSlots
  }

  let cores: Int
  private(set) var freeCores: Int
  /// `nil` where the numbers of cores do not matter.
  private var coreNumbers: NumberPool?
  private var gpus: NumberPool
  private var waiting: [Request] = []
  private var held: [TaskID: (cores: Int, slots: TaskSlots, isFunction: Bool)] = [:]
  /// Functions that may be started now; `nil` when cores alone decide.
  private var freeFunctions: Int?
  /// How often a task was started before the first in the queue.
  private var passedOver = 0

  /// - Parameters:
  ///   - numbersCores: whether tasks are to know which cores they hold.
  ///   - functions: how many may run at a time, when cores alone do not decide.
  init(cores: Int, gpus: Int, numbersCores: Bool = false, functions: Int? = nil) {
    freeFunctions = functions
    self.cores = cores
    freeCores = cores
    coreNumbers = numbersCores ? NumberPool(count: cores) : nil
    self.gpus = NumberPool(count: gpus)
  }

  /// Starts before the first one that are allowed: about one filling of the pilot with small tasks.
  private var patience: Int { max(4, cores) }

  /// Takes cores out of use for the raptor itself, or gives them back.
  mutating func reserve(cores count: Int) { freeCores -= count }

  mutating func add(_ request: Request) { waiting.append(request) }

  /// Takes back a task that could not be started: what it held is free.
  mutating func putBack(_ request: Request, first: Bool) {
    release(request.id)
    if first { waiting.insert(request, at: 0) } else { waiting.append(request) }
  }

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
      let (needs, isFunction) = (waiting[index].needs, waiting[index].isFunction)
      // It waits for other functions, and nobody waits for it.
      if isFunction, let freeFunctions, freeFunctions <= 0 { continue }
      guard needs.cores <= freeCores, needs.gpus <= gpus.free else {
        if index == 0, passedOver >= patience { return nil }
        continue
      }
      let id = waiting.remove(at: index).id
      passedOver = index == 0 ? 0 : passedOver + 1
      freeCores -= needs.cores
      let slots = TaskSlots(cores: coreNumbers?.take(needs.cores) ?? [], gpus: gpus.take(needs.gpus))
      if isFunction { freeFunctions = freeFunctions.map { $0 - 1 } }
      held[id] = (needs.cores, slots, isFunction)
      return Start(id: id, slots: slots)
    }
    return nil
  }

  /// Gives back what a task held.
  mutating func release(_ id: TaskID) {
    guard let (cores, slots, isFunction) = held.removeValue(forKey: id) else { return }
    if isFunction { freeFunctions = freeFunctions.map { $0 + 1 } }
    freeCores += cores
    coreNumbers?.giveBack(slots.cores)
    gpus.giveBack(slots.gpus)
  }
}

/// Numbers from 0 on, the lowest free ones first; those that were never used take no memory.
private struct NumberPool {
  let count: Int
  /// Given back, in order.
  private var returned: [Int] = []
  /// From here on none was ever taken.
  private var next = 0

  init(count: Int) { self.count = count }

  var free: Int { returned.count + count - next }

  /// - Parameter wanted: at most `free`.
  mutating func take(_ wanted: Int) -> [Int] {
    let known = returned.prefix(wanted)
    returned.removeFirst(known.count)
    let new = next..<(next + wanted - known.count)
    next = new.upperBound
    return known + Array(new)
  }

  mutating func giveBack(_ numbers: [Int]) {
    if !numbers.isEmpty { returned = (returned + numbers).sorted() }
  }
}
