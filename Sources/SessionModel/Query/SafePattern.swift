/// A regular expression that whoever typed it cannot hang the screen with: it looks at each byte of a text once, with as many
/// steps as the expression is long.
///
/// Known are `.` `[a-z]` `[^…]` `\d` `\w` `\s` `*` `+` `?` `|` `( )` `^` `$` and `\` before what would mean something else.
/// Upper and lower case are the same. `^` and `$` are the ends of a line.
struct SafePattern: Equatable, Sendable {
  struct Problem: Error { var words: String }

  private enum Step: Equatable {
    case bytes(ByteSet)
    case split(Int, Int)
    case jump(Int)
    case lineStart, lineEnd
    case found
  }

  private let steps: [Step]

  /// - Throws: what is wrong with it, for people.
  init(_ text: String) throws(Problem) {
    var parser = Parser(rest: Array(text.utf8.map(Self.lower))[...])
    let tree = try parser.alternatives(depth: 0)
    guard parser.rest.isEmpty else { throw Problem(words: "a ) without its (") }
    var steps: [Step] = []
    Self.compile(tree, into: &steps)
    steps.append(.found)
    self.steps = steps
  }

  static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

  // MARK: Matching

  /// What is reused from text to text.
  struct Scratch {
    fileprivate var now: [Int] = []
    fileprivate var next: [Int] = []
    fileprivate var work: [Int] = []
    /// In which round a step was taken last.
    fileprivate var rounds: [Int] = []
    fileprivate var round = 0

    init() {}
  }

  /// Whether it occurs in a part of a text that is in lower case.
  func occurs(in text: [UInt8], _ range: Range<Int>, _ scratch: inout Scratch) -> Bool {
    if scratch.rounds.count != steps.count {
      scratch.rounds = [Int](repeating: 0, count: steps.count)
      scratch.round = 0
    }
    scratch.now.removeAll(keepingCapacity: true)
    scratch.round += 1
    for at in range.lowerBound...range.upperBound {
      // A new attempt begins at each byte.
      if add(0, at, text, range, &scratch) { return true }
      guard at < range.upperBound else { return false }
      swap(&scratch.now, &scratch.next)
      scratch.now.removeAll(keepingCapacity: true)
      scratch.round += 1
      for step in scratch.next {
        guard case .bytes(let set) = steps[step], set.contains(text[at]) else { continue }
        if add(step + 1, at + 1, text, range, &scratch) { return true }
      }
    }
    return false
  }

  /// Adds a step, and those that follow it without a byte. Returns whether that is the end.
  private func add(_ start: Int, _ at: Int, _ text: [UInt8], _ range: Range<Int>, _ scratch: inout Scratch) -> Bool {
    scratch.work.append(start)
    while let step = scratch.work.popLast() {
      guard scratch.rounds[step] != scratch.round else { continue }
      scratch.rounds[step] = scratch.round
      switch steps[step] {
      case .bytes: scratch.now.append(step)
      case .split(let one, let other): scratch.work += [other, one]
      case .jump(let target): scratch.work.append(target)
      case .lineStart: if at == range.lowerBound || text[at - 1] == 10 { scratch.work.append(step + 1) }
      case .lineEnd: if at == range.upperBound || text[at] == 10 { scratch.work.append(step + 1) }
      case .found:
        scratch.work.removeAll(keepingCapacity: true)
        return true
      }
    }
    return false
  }

  // MARK: Making it

  /// A set of bytes.
  private struct ByteSet: Equatable, Sendable {
    var bits: SIMD4<UInt64> = .zero

    func contains(_ byte: UInt8) -> Bool { bits[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0 }

    mutating func insert(_ range: ClosedRange<UInt8>) {
      for byte in range { bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
    }

    var inverted: ByteSet {
      var other = ByteSet(bits: ~bits)
      // No text goes on in the next line.
      other.bits[0] &= ~(1 << 10)
      return other
    }

    init() {}

    init(_ range: ClosedRange<UInt8>) { insert(range) }

    private init(bits: SIMD4<UInt64>) { self.bits = bits }

    static func of(_ byte: UInt8) -> ByteSet { ByteSet(byte...byte) }

    /// One-byte characters; the first bytes of others, and the bytes behind these.
    static var ascii: ByteSet { ByteSet(128...255).inverted }
    static var leads: ByteSet { ByteSet(192...255) }
    static var continuations: ByteSet { ByteSet(128...191) }

    /// `\d`, `\w`, `\s`.
    static func named(_ letter: UInt8) -> ByteSet? {
      var set = ByteSet()
      switch letter {
      case UInt8(ascii: "d"): set.insert(48...57)
      case UInt8(ascii: "w"):
        set.insert(48...57)
        set.insert(97...122)
        set.insert(95...95)
        set.insert(128...255)
      case UInt8(ascii: "s"):
        set.insert(32...32)
        set.insert(9...9)
      default: return nil
      }
      return set
    }
  }

  private indirect enum Tree {
    case empty
    case bytes(ByteSet)
    case lineStart, lineEnd
    case sequence([Tree])
    case either(Tree, Tree)
    case many(Tree, isOptional: Bool, repeats: Bool)
  }

  private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func alternatives(depth: Int) throws(Problem) -> Tree {
      guard depth < 50 else { throw Problem(words: "too many ( in each other") }
      var tree = try sequence(depth)
      while rest.first == UInt8(ascii: "|") {
        rest.removeFirst()
        tree = .either(tree, try sequence(depth))
      }
      return tree
    }

    private mutating func sequence(_ depth: Int) throws(Problem) -> Tree {
      var parts: [Tree] = []
      while let byte = rest.first, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
        rest.removeFirst()
        var part = try atom(byte, depth)
        while let mark = rest.first, [UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?")].contains(mark) {
          rest.removeFirst()
          part = .many(part, isOptional: mark != UInt8(ascii: "+"), repeats: mark != UInt8(ascii: "?"))
        }
        parts.append(part)
      }
      return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom(_ byte: UInt8, _ depth: Int) throws(Problem) -> Tree {
      switch byte {
      case UInt8(ascii: "("):
        let inner = try alternatives(depth: depth + 1)
        guard rest.popFirst() == UInt8(ascii: ")") else { throw Problem(words: "a ( without its )") }
        return inner
      case UInt8(ascii: "["): return .bytes(try set())
      case UInt8(ascii: "."): return .either(.bytes(.ascii), .sequence([.bytes(.leads), Self.continuation]))
      case UInt8(ascii: "^"): return .lineStart
      case UInt8(ascii: "$"): return .lineEnd
      case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
        throw Problem(words: "a \(Character(Unicode.Scalar(byte))) with nothing before it")
      case UInt8(ascii: "\\"):
        guard let next = rest.popFirst() else { throw Problem(words: "a \\ with nothing behind it") }
        return .bytes(ByteSet.named(next) ?? .of(next))
      default:
        // What takes several bytes is one character.
        var bytes = [Tree.bytes(.of(byte))]
        while byte >= 0xC0, let next = rest.first, 0x80..<0xC0 ~= next {
          rest.removeFirst()
          bytes.append(.bytes(.of(next)))
        }
        return .sequence(bytes)
      }
    }

    private static var continuation: Tree { .many(.bytes(.continuations), isOptional: true, repeats: true) }

    private mutating func set() throws(Problem) -> ByteSet {
      var set = ByteSet()
      let isInverted = rest.first == UInt8(ascii: "^")
      if isInverted { rest.removeFirst() }
      var isFirst = true
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "]"), !isFirst { return isInverted ? set.inverted : set }
        isFirst = false
        guard byte < 0x80 else { throw Problem(words: "a letter in [ ] that is not ASCII") }
        if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
          set.bits |= (ByteSet.named(next) ?? .of(next)).bits
        } else if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first, end != UInt8(ascii: "]") {
          rest.removeFirst(2)
          guard byte <= end else { throw Problem(words: "a range in [ ] that ends before it begins") }
          set.insert(byte...end)
        } else {
          set.insert(byte...byte)
        }
      }
      throw Problem(words: "a [ without its ]")
    }
  }

  private static func compile(_ tree: Tree, into steps: inout [Step]) {
    switch tree {
    case .empty: break
    case .bytes(let set): steps.append(.bytes(set))
    case .lineStart: steps.append(.lineStart)
    case .lineEnd: steps.append(.lineEnd)
    case .sequence(let parts): for part in parts { compile(part, into: &steps) }
    case .either(let one, let other):
      let split = steps.count
      steps.append(.found)
      compile(one, into: &steps)
      let jump = steps.count
      steps.append(.found)
      steps[split] = .split(split + 1, steps.count)
      compile(other, into: &steps)
      steps[jump] = .jump(steps.count)
    case .many(let part, let isOptional, let repeats):
      let split = steps.count
      if isOptional { steps.append(.found) }
      let start = steps.count
      compile(part, into: &steps)
      if repeats { steps.append(.split(start, steps.count + 1)) }
      if isOptional { steps[split] = .split(start, steps.count) }
    }
  }
}
