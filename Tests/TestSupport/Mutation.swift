/// What in JSON makes the most trouble.
private let spices = Array("{}[]\",:\\u-.0129eE+ \u{0}\u{7f}tfn".utf8) + [0x80, 0xc3, 0xff]

/// One of the lines with up to `most` bytes changed, added, removed, cut or spliced.
public func mutated(_ lines: [[UInt8]], most: Int, using numbers: inout SeededNumbers) -> [UInt8] {
  mutated(lines[Int.random(in: 0..<lines.count, using: &numbers)], with: lines, most: most, using: &numbers)
}

/// A line with up to `most` bytes changed, added, removed, cut, or spliced with others.
public func mutated(
  _ line: [UInt8], with lines: [[UInt8]], most: Int, using numbers: inout SeededNumbers
) -> [UInt8] {
  var bytes = line
  for _ in 0..<Int.random(in: 1...most, using: &numbers) where !bytes.isEmpty {
    let index = Int.random(in: 0..<bytes.count, using: &numbers)
    switch Int.random(in: 0..<6, using: &numbers) {
    case 0: bytes[index] = UInt8.random(in: 0...255, using: &numbers)
    case 1: bytes[index] = spices[Int.random(in: 0..<spices.count, using: &numbers)]
    case 2: bytes.insert(spices[Int.random(in: 0..<spices.count, using: &numbers)], at: index)
    case 3: bytes.remove(at: index)
    case 4: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &numbers)))
    default:
      let other = lines[Int.random(in: 0..<lines.count, using: &numbers)]
      bytes.replaceSubrange(index..., with: other.suffix(Int.random(in: 0...min(60, other.count), using: &numbers)))
    }
  }
  return bytes
}
