import SessionModel
import Terminal
import Words
import Work

/// What running tasks were seen to use, while somebody looks.
struct LiveUse: Sendable {
  struct Sight: Sendable {
    var use: TaskUse
    /// Processors that it kept busy between the last two looks; `nil` after one.
    var load: Double?
  }

  private(set) var sights: [TaskID: Sight] = [:]
  /// Whether anything was ever seen: what cannot be seen takes no room on the screen.
  private(set) var hasSeen = false
  private var isAsked = false
  private var asked: Timestamp?
  /// Looks in a row that showed nothing, as of tasks on other machines.
  private var vain = 0

  /// Seconds between two looks.
  static let pause = 2.0
  private static let longestPause = 30.0
  /// Tasks that are looked at.
  static let limit = 64

  /// Whether it is time for another look.
  func isDue(at now: Timestamp) -> Bool {
    guard let asked else { return true }
    // One that is never answered is asked again after a while.
    let pause = isAsked ? 10 * Self.pause : min(Self.pause * Double(1 << min(vain, 4)) * 0.9, Self.longestPause)
    return !(pause > now.seconds(since: asked) && now >= asked)
  }

  mutating func ask(at now: Timestamp) { (isAsked, asked) = (true, now) }

  mutating func take(_ answer: [TaskID: TaskUse]) {
    isAsked = false
    vain = answer.isEmpty ? vain + 1 : 0
    hasSeen = hasSeen || !answer.isEmpty
    sights = Dictionary(
      uniqueKeysWithValues: answer.map { id, use in
        let seconds = sights[id].map { use.time.seconds(since: $0.use.time) } ?? 0
        let load = seconds > 0.1 ? max(0, use.processor - (sights[id]?.use.processor ?? 0)) / seconds : nil
        return (id, Sight(use: use, load: load))
      })
  }

  mutating func forget() { sights = [:] }
}

extension InterfaceState {
  /// Asks what the running tasks use: all of them when they are few, else those that are on the screen.
  mutating func askForUse() -> [Effect] {
    guard !isReplay, !isClosed, !isHostGone, live.isDue(at: now) else { return [] }
    let table = snapshot.tasks
    let running = table.ids(in: .running)
    let shown: [TaskID]
    if let detail {
      shown = [detail.task]
    } else if running.count <= LiveUse.limit {
      shown = running.ids
    } else {
      shown = visible.compactMap { if case .task(let id) = $0 { id } else { nil } }
    }
    let tasks = shown.prefix(LiveUse.limit).filter(running.contains)
    guard !tasks.isEmpty else {
      live.forget()
      return []
    }
    live.ask(at: now)
    return [.measure(Dictionary(uniqueKeysWithValues: tasks.map { ($0, table.pid(of: $0)) }))]
  }

  /// What a task is seen to use now.
  func use(of id: TaskID) -> LiveUse.Sight? {
    snapshot.tasks.contains(id) && snapshot.tasks.state(of: id).phase == .running ? live.sights[id] : nil
  }

  /// Whether the line of counts has room for it; else it stands in that of the pilot.
  var hasUseBesideCounts: Bool { size.columns >= 100 }

  /// `cpu 380%  mem 3.1 GiB` of all running tasks; `nil` when not all of them are seen.
  var totalUse: String? {
    let running = snapshot.tasks.count(in: .running)
    let seen = live.sights.keys.compactMap { use(of: $0) }
    guard running > 0, seen.count == running, detail == nil else { return nil }
    let memory = seen.reduce(0) { $0 + $1.use.memory }
    let loads = seen.compactMap(\.load)
    let load = loads.count == seen.count ? "cpu \(Self.percent(loads.reduce(0, +)))  " : ""
    return "\(load)mem \(Format.bytes(memory))"
  }

  static func percent(_ load: Double) -> String { "\(Format.count(Int(saturating: (load * 100).rounded())))%" }
}
