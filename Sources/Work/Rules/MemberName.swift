/// A name with `{member}` in it, or none, as what it may become: names of two tasks may be the same for some members.
///
/// It takes no time that grows with the members: what the numbers have to be is worked out digit by digit.
struct MemberName: Sendable {
  private enum Piece: Equatable {
    case digit(UInt8)
    case member
  }

  /// Which members of two ensembles have one name.
  struct Meeting: Equatable {
    var one: Int
    var other: Int
  }

  /// All but digits and members, which two names that meet have in common.
  let shape: [UInt8]
  /// What stands between, in order.
  private let runs: [[Piece]]

  init(_ key: String) {
    var shape: [UInt8] = []
    var runs: [[Piece]] = []
    var isInRun = false
    func add(_ piece: Piece) {
      // No key has a NUL.
      if !isInRun { (isInRun, shape, runs) = (true, shape + [0], runs + [[]]) }
      runs[runs.count - 1].append(piece)
    }
    let member = Array("{member}".utf8)
    var rest = Array(key.utf8)[...]
    while let byte = rest.first {
      if rest.starts(with: member) {
        add(.member)
        rest = rest.dropFirst(member.count)
        continue
      }
      rest.removeFirst()
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        add(.digit(byte - UInt8(ascii: "0")))
      } else {
        shape.append(byte)
        isInRun = false
      }
    }
    (self.shape, self.runs) = (shape, runs)
  }

  /// The first members, 0 … `count` − 1 of this and 0 … `otherCount` − 1 of the other, that have one name.
  func meets(_ other: MemberName, _ count: Int, _ otherCount: Int) -> Meeting? {
    guard shape == other.shape, runs.count == other.runs.count, zip(runs, other.runs).allSatisfy(Self.mayMeet) else {
      return nil
    }
    let hasMember = (runs.contains { $0.contains(.member) }, other.runs.contains { $0.contains(.member) })
    for length in hasMember.0 ? 1...Self.digits(of: count - 1) : 0...0 {
      for otherLength in hasMember.1 ? 1...Self.digits(of: otherCount - 1) : 0...0 {
        if let found = solved(other, length, otherLength), found.one < count, found.other < otherCount { return found }
      }
    }
    return nil
  }

  /// Whether two runs begin alike as far as they have digits: most that do not meet are told apart by that.
  private static func mayMeet(_ one: [Piece], _ other: [Piece]) -> Bool {
    for (a, b) in zip(one, other) {
      guard case (.digit(let a), .digit(let b)) = (a, b) else { return true }
      if a != b { return false }
    }
    return true
  }

  private static func digits(of number: Int) -> Int { String(max(0, number)).utf8.count }

  /// The smallest numbers of so many digits that make one name of both.
  private func solved(_ other: MemberName, _ length: Int, _ otherLength: Int) -> Meeting? {
    // Each digit of the two numbers is a variable; those that have to be equal are joined.
    var parents = Array(0..<(length + otherLength))
    var values = [UInt8?](repeating: nil, count: parents.count)
    func root(_ variable: Int) -> Int {
      var variable = variable
      while parents[variable] != variable { variable = parents[variable] }
      return variable
    }
    enum Symbol {
      case digit(UInt8)
      case variable(Int)
    }
    func symbols(_ run: [Piece], _ variables: Range<Int>) -> [Symbol] {
      run.flatMap { piece -> [Symbol] in
        switch piece {
        case .digit(let digit): [.digit(digit)]
        case .member: variables.map { .variable($0) }
        }
      }
    }
    func give(_ variable: Int, _ digit: UInt8) -> Bool {
      let place = root(variable)
      if let value = values[place] { return value == digit }
      values[place] = digit
      return true
    }
    for (run, otherRun) in zip(runs, other.runs) {
      let (one, two) = (symbols(run, 0..<length), symbols(otherRun, length..<parents.count))
      guard one.count == two.count else { return nil }
      for pair in zip(one, two) {
        switch pair {
        case (.digit(let a), .digit(let b)): guard a == b else { return nil }
        case (.digit(let digit), .variable(let variable)), (.variable(let variable), .digit(let digit)):
          guard give(variable, digit) else { return nil }
        case (.variable(let a), .variable(let b)):
          let (a, b) = (root(a), root(b))
          guard a != b else { continue }
          if let value = values[a], !give(b, value) { return nil }
          parents[a] = b
        }
      }
    }
    // Numbers of members have no zeros in front.
    for (first, count) in [(0, length), (length, otherLength)] where count > 1 {
      if values[root(first)] == 0 { return nil }
      values[root(first)] = values[root(first)] ?? 1
    }
    func number(_ variables: Range<Int>) -> Int {
      variables.reduce(0) { $0 * 10 + Int(values[root($1)] ?? 0) }
    }
    return Meeting(one: number(0..<length), other: number(length..<parents.count))
  }
}
