import SessionModel
import TestSupport
import Testing
import Work

@testable import Executor

/// Sessions in which anything may happen at any time: whatever does, they end, and journal and workflow agree.
@Suite(.timeLimit(.minutes(2))) struct RandomSessionTests {
  @Test(arguments: 0..<40)
  func `a random session ends, and its journal agrees with its workflow`(_ seed: UInt64) async throws {
    var numbers = SeededNumbers(seed)
    let engine = FakeEngine(dispatchAhead: 8)
    for call in [FakeEngine.Call.withdraw, .cancel, .stopRaptor, .cancelRaptor, .release(.pilot), .survivors] {
      switch Int.random(in: 0..<12, using: &numbers) {
      case 0: engine.set(call, .hang)
      case 1: engine.set(call, .ignore)
      case 2: engine.set(call, .fail("no"))
      default: break
      }
    }
    let session = try await Harness.started(engine, raptor: seed % 2 == 0, limits: .near)
    for step in 0..<60 {
      switch Int.random(in: 0..<20, using: &numbers) {
      case 0..<4: await offer(step, to: session, &numbers)
      case 4..<14: drive(session.engine, &numbers)
      case 14: session.engine.end(Int.random(in: 0..<50, using: &numbers), .done)
      case 15: session.executor.send([.drain, .stop].randomElement(using: &numbers) ?? .stop, sender: "ann")
      case 16: session.executor.send(.resume, sender: "ann")
      case 17: session.executor.send(.rerun(seed % 3 == 0 ? [] : [TaskID(step % 20)]), sender: "ann")
      case 18:
        let ids = (0..<3).map { _ in TaskID(Int.random(in: 0..<20, using: &numbers)) }
        session.executor.send(.cancel(TaskIDs(ids)), sender: "ann")
      default:
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: session.engine.raptor(.failed)
        case 1: session.engine.pilot(.failed)
        case 2: session.engine.fallSilent()
        case 3: session.executor.interrupt(signal: 2)
        case 4: session.executor.send(.close(), sender: "ann")
        default: session.executor.send(.cancelRaptor, sender: "ann")
        }
      }
      await Task.yield()
    }
    await session.executor.perform(.close(), sender: "ann")
    let summary = await session.closed()
    #expect(summary.exitCode == 4 || summary.leftovers.isEmpty)
    // What it left is work of a later session, which comes to its end.
    let later = try await Harness.started(
      FakeEngine(running: .atOnce { _ in .done }), raptor: true, workflow: await session.executor.workflow)
    let end = try await later.executor.shutdown()
    #expect(Set(end.tasks.keys).isSubset(of: ["DONE", "FAILED", "CANCELED"]))
    await later.closed()
  }

  private func offer(_ step: Int, to session: Harness, _ numbers: inout SeededNumbers) async {
    let count = Bool.random(using: &numbers) ? Int.random(in: 1...6, using: &numbers) : nil
    let after = step > 0 && Bool.random(using: &numbers) ? ["i\(Int.random(in: 0..<step, using: &numbers))"] : []
    let next = item(
      "i\(step)", count: count, after: after, retries: Int.random(in: 0...2, using: &numbers),
      raptor: Int.random(in: 0..<4, using: &numbers) == 0)
    // Refused when the session takes no more, or when it waits for what was refused.
    _ = try? await session.executor.submit([next])
  }

  private func drive(_ engine: FakeEngine, _ numbers: inout SeededNumbers) {
    guard let id = engine.held.randomElement(using: &numbers)?.index else { return }
    switch Int.random(in: 0..<6, using: &numbers) {
    case 0: engine.end(id, .failed)
    case 1: engine.end(id, .canceled)
    case 2, 3: engine.end(id)
    default: engine.start(id)
    }
  }
}
