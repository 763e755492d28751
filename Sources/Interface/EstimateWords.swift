import SessionModel
import Words

/// How long the work will still take, in words.
extension InterfaceState {
  /// Whether there is work whose time can be estimated.
  var hasWorkLeft: Bool {
    !isHostGone && [.running, .draining].contains(snapshot.phase) && snapshot.tasks.finished < snapshot.tasks.count
  }

  /// From the longest to the shortest; none when nothing is left to do.
  var estimateWords: [String] {
    guard hasWorkLeft else { return [] }
    guard let estimate else { return ["no estimate yet"] }
    let likely = Format.estimate(estimate.likely)
    if estimate.isLeast {
      return ["at least \(likely) left", "≥ \(likely)"].map { isASCII ? $0.replacing("≥", with: ">") : $0 }
    }
    let (low, high) = (Format.estimate(estimate.low), Format.estimate(estimate.high))
    let dash = isASCII ? "-" : "–"
    return ["left \(likely) (\(low)\(dash)\(high))", "left \(likely)"]
  }
}
