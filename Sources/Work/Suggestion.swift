/// The candidate that `text` was most likely meant to be, or `nil` when none is close.
public func nearest(to text: String, in candidates: some Sequence<String>) -> String? {
  let wanted = Array(text.lowercased())
  let limit = max(1, wanted.count / 3)
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let distance = editDistance(wanted, Array(candidate.lowercased()))
    if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  return best?.name
}

/// ` (did you mean 'x'?)`, or nothing.
package func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
  // Nobody mistypes a whole paragraph, and the comparison is quadratic; of a single letter anything is near.
  guard (2...64).contains(name.utf8.count) else { return "" }
  let comparable = candidates.lazy.filter { (1...80).contains($0.utf8.count) }
  return nearest(to: name, in: comparable).map { " (did you mean '\($0)'?)" } ?? ""
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i]
    for j in 1...b.count {
      var cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, beforeLast[j - 2] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
