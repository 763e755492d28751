import SessionModel

/// How far a session is, in a line that fits its terminal: `[######......] 12/40  4 running  1 failed`.
public struct ProgressBar: Equatable, Sendable {
  var total = 0
  var finished = 0
  var running = 0
  var failed = 0
  var canceled = 0

  init() {}

  public init(_ tasks: TaskTable) {
    total = tasks.count
    finished = tasks.finished
    running = tasks.count(in: .running)
    failed = tasks.count(in: .failed)
    canceled = tasks.count(in: .canceled)
  }

  private static let longest = 30
  private static let shortest = 6

  /// - Parameter columns: of the terminal; the last one is left free, where some begin a new line.
  public func line(columns: Int) -> String {
    let room = max(0, columns - 1)
    var counts = "\(finished)/\(total)"
    if counts.count > room { counts = "" }
    // What failed is worth more room than what runs.
    var isShown: Set<String> = []
    var left = room - counts.count
    for text in [words(failed, "failed"), words(canceled, "canceled"), words(running, "running")] {
      guard let text else { continue }
      guard text.count <= left else { break }
      isShown.insert(text)
      left -= text.count
    }
    for text in [words(running, "running"), words(failed, "failed"), words(canceled, "canceled")] {
      if let text, isShown.contains(text) { counts += text }
    }
    if !counts.isEmpty { counts = " " + counts }
    let width = min(Self.longest, left - (counts.isEmpty ? "[]" : "[] ").count)
    guard width >= Self.shortest else { return String(counts.dropFirst()) }
    let full = total > 0 ? Int(Double(width) * (Double(finished) / Double(total))) : 0
    return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]" + counts
  }

  private func words(_ count: Int, _ state: String) -> String? {
    count > 0 || state == "running" ? "  \(count) \(state)" : nil
  }
}
