import SessionModel
import Testing
import Work

@testable import LocalEngine

@Suite struct CoreSchedulerTests {
  private func request(_ id: Int, _ cores: Int, _ gpus: Int = 0) -> CoreScheduler.Request {
    CoreScheduler.Request(id: TaskID(id), needs: CoreNeeds(cores: cores, gpus: gpus))
  }

  @Test func startsTheFirstThatFits() {
    var scheduler = CoreScheduler(cores: 4, gpus: 0)
    for (id, cores) in [3, 2, 1].enumerated() { scheduler.add(request(id, cores)) }
    #expect(scheduler.next()?.id == TaskID(0) && scheduler.next()?.id == TaskID(2))
    #expect(scheduler.next() == nil && scheduler.freeCores == 0)
    scheduler.release(TaskID(0))
    #expect(scheduler.next()?.id == TaskID(1))
  }

  @Test func smallTasksDoNotStarveABigOne() {
    var scheduler = CoreScheduler(cores: 4, gpus: 0)
    scheduler.add(request(0, 1))
    let first = scheduler.next()
    scheduler.add(request(1, 4))
    for id in 2..<1000 { scheduler.add(request(id, 1)) }
    var running = [first].compactMap { $0?.id }
    var started = 0
    // As soon as one ends, the next that may start does; the big one must come before long.
    while started < 900 {
      while let start = scheduler.next() {
        if start.id == TaskID(1) {
          #expect(started <= 20)
          return
        }
        running.append(start.id)
        started += 1
      }
      scheduler.release(running.removeFirst())
    }
    Issue.record("the big task never started")
  }

  /// Whatever comes in whatever order, cores and gpus are never given twice, and all of it runs.
  @Test func functionsHaveALimitOfTheirOwn() {
    var scheduler = CoreScheduler(cores: 8, gpus: 0, functions: 2)
    for id in 0..<30 { scheduler.add(.init(id: TaskID(id), needs: CoreNeeds(cores: 1), isFunction: true)) }
    #expect(scheduler.next()?.id == TaskID(0) && scheduler.next()?.id == TaskID(1) && scheduler.next() == nil)
    // Whoever is not one goes by.
    for id in 30..<60 {
      scheduler.add(request(id, 1))
      #expect(scheduler.next()?.id == TaskID(id))
      scheduler.release(TaskID(id))
    }
    scheduler.release(TaskID(1))
    #expect(scheduler.next()?.id == TaskID(2) && scheduler.next() == nil)
    // One that was put back is none that runs.
    scheduler.putBack(.init(id: TaskID(2), needs: CoreNeeds(cores: 1), isFunction: true), first: true)
    #expect(scheduler.next()?.id == TaskID(2) && scheduler.next() == nil)
  }

  @Test(arguments: 0..<50) func neverOversubscribes(seed: UInt64) {
    var random = SeededGenerator(seed)
    var scheduler = CoreScheduler(cores: 8, gpus: 3, numbersCores: true)
    var sizes: [TaskID: Int] = [:]
    var running: [(TaskID, TaskSlots)] = []
    for id in 0..<200 {
      let request = request(id, Int.random(in: 1...8, using: &random), Int.random(in: 0...3, using: &random))
      sizes[request.id] = request.needs.cores
      scheduler.add(request)
    }
    var finished = 0
    while finished < 200 {
      while let start = scheduler.next() { running.append((start.id, start.slots)) }
      let used = running.reduce(0) { $0 + (sizes[$1.0] ?? 0) }
      let gpus = running.flatMap(\.1.gpus)
      let cores = running.flatMap(\.1.cores)
      #expect(cores.count == used && Set(cores).count == used && cores.allSatisfy((0..<8).contains))
      #expect(used <= 8 && used + scheduler.freeCores == 8 && Set(gpus).count == gpus.count)
      guard !running.isEmpty else {
        Issue.record("nothing runs and \(200 - finished) wait")
        return
      }
      let index = Int.random(in: 0..<running.count, using: &random)
      scheduler.release(running.remove(at: index).0)
      finished += 1
    }
  }
}

/// Random numbers that are the same in every run.
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
