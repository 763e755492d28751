import Executor
import FoundationEssentials
import Glibc
import Platform
import SessionModel
import Work

// The raptor: RP's master, and workers for functions.

extension RadicalEngine {
  /// A raptor to be submitted.
  struct RaptorRequest: Sendable {
    var master: RPTask
    var workers: [RPTask]
  }

  func startRaptor(_ context: SessionContext) throws -> String {
    if let fault = state.withLock({ $0.pilot.isActive ? $0.raptorFault : nil }) { throw DispatchError(fault) }
    let (status, request, helper) = state.withLock { state in
      let layout = RaptorLayout(
        context.configuration.raptor, cores: context.configuration.cores ?? state.pilot.cores)
      let status = state.raptor.begin(workers: layout.cores)
      return (status, state.pilot.isActive ? state.raptor.request(of: state) : nil, state.helper)
    }
    continuation.yield([SessionEvent(source: .engine, .raptor(status))])
    if let request { startRaptorNow(request, helper) }
    return "\(status.uid), \(request == nil ? "waits for the pilot" : "submitted")"
  }

  func startRaptorNow(_ request: RaptorRequest, _ helper: RadicalHelper?) {
    let cores = Dictionary(uniqueKeysWithValues: request.workers.map { ($0.uid, $0.ranks * $0.coresPerRank) })
    state.withLock { $0.raptor.submitted(workers: cores) }
    guard let helper else { return }
    let continuation = continuation
    let answer = helper.enqueue(.raptor(request.master, workers: request.workers))
    Task { [self] in
      do {
        _ = try await answer.value().get()
        // It answers when it is up; until then, what is said to it is not heard.
        let hello = try await helper.ask(.helloRaptor(timeout: 120)).hello
        let words = "\(hello?.name ?? "raptor") \(hello?.version ?? "")"
        let status = state.withLock { $0.raptor.greeted(words) }
        if let status { continuation.yield([SessionEvent(source: .raptor, .raptor(status))]) }
      } catch { log(.warning, "the raptor: \(error)") }
    }
  }

  func raptor(
    _ uid: String, _ stateName: String, _ time: Timestamp, _ record: TaskRecord?, _ facts: inout [SessionEvent]
  ) {
    guard let taskState = TaskState(name: stateName) else { return }
    let (change, ids) = state.withLock { state in
      let change = state.raptor.receive(uid, taskState, record)
      // RP leaves the tasks of a raptor or worker that is gone where they are.
      let isOver = !state.raptor.isAlive || state.raptor.hasDeadWorker
      return (change, isOver ? state.tracker.inRaptor : [])
    }
    switch change {
    case .status(let status), .unconfirmed(let status):
      facts.append(SessionEvent(time: time, source: .engine, .raptor(status)))
      if case .unconfirmed = change {
        facts.append(SessionEvent(source: .engine, .log(.warning, "\(status.uid): \(status.detail ?? "")")))
      }
    case nil: break
    }
    guard !ids.isEmpty else { return }
    let (uids, helper, why) = state.withLock { state in
      let why = state.raptor.isAlive ? "a worker of the raptor died" : "the raptor has ended"
      state.tracker.note(cause: why, of: ids)
      return (state.tracker.uids(of: ids), state.helper, why)
    }
    send(.cancel(uids), helper)
    Task { [self] in
      // Programs get RP's word; of calls in a worker that is gone, nobody tells any more.
      try? await Task.sleep(for: .seconds(5))
      let facts = state.withLock { $0.tracker.fail(ids, why) }
      if !facts.isEmpty { continuation.yield(facts) }
      wake()
    }
  }

  /// RP's raptor ends at once when it is told to stop, and forgets what runs in it: it is told when nothing does.
  public func stopRaptor() async throws {
    let started = startedCalls()
    let (forgotten, uids, helper) = state.withLock { state in
      let forgotten = state.raptor.forget()
      state.raptor.stopping()
      let ids = state.tracker.withdraw(onlyRaptor: true, cause: "the raptor is stopping") {
        started.contains($0)
      }
      return (forgotten, state.tracker.uids(of: ids), state.helper)
    }
    if let forgotten { return confirmForgotten(forgotten) }
    if !uids.isEmpty { send(.cancel(uids), helper) }
    Task { [self] in
      await wait { $0.tracker.inRaptor.isEmpty || !$0.raptor.isAlive || $0.isLost }
      if state.withLock({ $0.raptor.isAlive && !$0.isLost }) { send(.stopRaptor(timeout: 30), helper) }
    }
  }

  public func cancelRaptor() async throws {
    let started = startedCalls()
    let (forgotten, helper, isAlive, uids) = state.withLock { state in
      let forgotten = state.raptor.forget()
      state.raptor.stopping()
      // What runs in it ends with it, by request; what has not begun goes back, as on every engine.
      let waiting = state.tracker.withdraw(onlyRaptor: true, cause: "the raptor ended before it could start") {
        started.contains($0)
      }
      let running = state.tracker.inRaptor.filter { !waiting.contains($0) }
      state.tracker.noteCancel(running)
      return (forgotten, state.helper, state.raptor.isAlive, state.tracker.uids(of: waiting + running))
    }
    if let forgotten { return confirmForgotten(forgotten) }
    guard isAlive, let helper else { return }
    if !uids.isEmpty { send(.cancel(uids), helper) }
    _ = try await helper.ask(.cancelRaptor)
  }

  private func confirmForgotten(_ status: RaptorStatus) {
    continuation.yield([SessionEvent(source: .engine, .raptor(status))])
    wake()
  }
}

extension RadicalEngine.State {
  /// The workers in the pilot as it is.
  var raptorLayout: RaptorLayout {
    RaptorLayout(
      context?.configuration.raptor ?? RaptorShape(), cores: pilot.cores,
      coresPerNode: pilot.coresPerNode > 0 ? pilot.coresPerNode : nil)
  }

  /// Why the workers have no place in an active pilot, if they have none: RP would have them wait for ever.
  var raptorFault: String? {
    guard pilot.coresPerNode > 0 else { return nil }
    return raptorLayout.fault(onNodes: max(1, pilot.cores / pilot.coresPerNode), of: pilot.coresPerNode)
  }
}

extension RaptorTracker {
  /// What RP is given for the raptor, when it waits for that.
  func request(of state: borrowing RadicalEngine.State) -> RadicalEngine.RaptorRequest? {
    guard isWanted, state.context != nil else { return nil }
    // RP takes the program from a file: each makes its own, in its own directory, of a word of its description.
    let name = "scalems_raptor.py"
    let program = Data(PackageResources.scalems_raptor_py).base64EncodedString()
    var master = RPTask(uid: uid)
    master.executable = "radical-pilot-raptor-master"
    master.preExec = ["echo \(program) | base64 -d > \"$RP_TASK_SANDBOX\"/\(name)"]
    master.raptorFile = name
    master.raptorClass = "ScaleMSRaptor"
    let layout = state.raptorLayout
    let workers = (0..<layout.workers).map { number in
      var worker = RPTask(uid: "\(uid).worker.\(number)")
      worker.preExec = master.preExec
      worker.raptorFile = master.raptorFile
      let cores = number == layout.workers - 1 ? layout.coresOfLast : layout.coresOfEach
      switch layout.workerClass {
      case .single: (worker.raptorClass, worker.coresPerRank) = ("ScaleMSWorker", cores)
      // A rank calls one function at a time.
      case .mpi: (worker.raptorClass, worker.ranks, worker.useMPI) = ("ScaleMSMPIWorker", cores, true)
      }
      return worker
    }
    return RadicalEngine.RaptorRequest(master: master, workers: workers)
  }
}
