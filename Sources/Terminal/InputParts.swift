/// What a byte can begin or be a part of.
enum ControlByte {
  /// The byte behind ESC that stands for an 8-bit control character; xterm sends these after S8C1T.
  static func introducer(ofC1 byte: UInt8) -> UInt8? {
    switch byte {
    case 0x8F, 0x90, 0x9B, 0x9D, 0x9F: byte - 0x40
    default: nil
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
  /// Whether there are digits, and nothing else.
  static func areDigits(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isDigit) }
}

/// A character of several bytes that is on its way.
struct UTF8Sequence: Sendable {
  private(set) var bytes: [UInt8]
  let isAlt: Bool
  private let count: Int

  init?(_ first: UInt8, isAlt: Bool) {
    switch first {
    case 0xC2...0xDF: count = 2
    case 0xE0...0xEF: count = 3
    case 0xF0...0xF4: count = 4
    default: return nil
    }
    bytes = [first]
    self.isAlt = isAlt
  }

  /// Whether all bytes are there and are no character.
  var isBroken: Bool { bytes.count == count }

  /// The character that this byte completes.
  mutating func append(_ byte: UInt8) -> Unicode.Scalar? {
    bytes.append(byte)
    guard bytes.count == count else { return nil }
    return String(validating: bytes, as: UTF8.self)?.unicodeScalars.first
  }
}

/// The bytes behind ESC [ M, t or T of the old mouse modes. Mode 1005 writes each number as UTF-8.
struct MouseBytes: Sendable {
  enum Step { case more, end, endBefore }

  private let count: Int
  private var numbers = 0
  /// The first half of a number of two bytes.
  private var isHalf = false

  init?(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "M"): count = 3
    case UInt8(ascii: "t"): count = 2
    case UInt8(ascii: "T"): count = 6
    default: return nil
    }
  }

  mutating func take(_ byte: UInt8) -> Step {
    if byte == 0x1B { return .endBefore }
    if isHalf {
      isHalf = false
      if 0x80..<0xC0 ~= byte { return numbers == count ? .end : .more }
      // It was a whole number of one byte.
      if numbers == count { return .endBefore }
    }
    numbers += 1
    isHalf = 0xC2...0xDF ~= byte
    return numbers == count && !isHalf ? .end : .more
  }
}

/// What stands between ESC ], P or _ and its end: an answer of the terminal. Only whether it ends is of interest.
struct TerminalString: Sendable {
  enum Kind: UInt8, Sendable {
    case command = 0x5D
    case device = 0x50
    case application = 0x5F

    var character: Character { Character(Unicode.Scalar(rawValue)) }

    /// Whether an answer can begin so; anything else was Alt with a key, and this byte is the next one.
    fileprivate func canBegin(with byte: UInt8) -> Bool {
      switch self {
      case .command: ControlByte.isDigit(byte) || byte == UInt8(ascii: "l") || byte == UInt8(ascii: "L")
      case .device: ControlByte.isDigit(byte) || ";<=>?!$+".utf8.contains(byte)
      case .application: byte == UInt8(ascii: "G")
      }
    }
  }

  enum Step { case more, end, neverBegan, cutOff, newSequence }

  let kind: Kind
  private(set) var isEmpty = true
  /// Whether it is a number so far, of which only more digits or `;` can follow.
  private var isNumber = true
  private var previous: UInt8 = 0

  init(_ kind: Kind) { self.kind = kind }

  mutating func take(_ byte: UInt8) -> Step {
    if isEmpty {
      guard kind.canBegin(with: byte) else { return .neverBegan }
      isEmpty = false
    } else if previous == 0x1B {
      return byte == UInt8(ascii: "\\") ? .end : .newSequence
    } else if byte == 7 || byte == 0x9C && (previous < 0x80 || previous == 0xC2) {
      // The 8-bit end of a string, unless it is the second half of a letter.
      return .end
    } else if byte < 0x20, byte != 0x1B {
      return .cutOff
    }
    if kind == .command, isNumber {
      if !ControlByte.isDigit(byte) {
        guard byte == UInt8(ascii: ";") || byte == 0x1B || previous == 0 else { return .cutOff }
        isNumber = false
      }
    }
    previous = byte
    return .more
  }
}

/// Pasted text on its way: its beginning is kept, of the rest only the end is looked for.
struct PasteBuffer: Sendable {
  /// What a person pastes into a field is short.
  private static let limit = 65_536
  private static let end: [UInt8] = Array("\u{1B}[201~".utf8)

  private var bytes: [UInt8] = []
  /// How much of the end was seen.
  private var matched = 0

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Takes bytes up to the end of the paste.
  ///
  /// - Returns: where the bytes behind the end begin; `nil` when it did not come.
  mutating func take(_ new: ArraySlice<UInt8>) -> Int? {
    new.withUnsafeBufferPointer { buffer -> Int? in
      for (offset, byte) in buffer.enumerated() {
        if byte == Self.end[matched] {
          matched += 1
          if matched == Self.end.count {
            keep(buffer[..<(offset + 1)])
            bytes.removeLast(min(bytes.count, isCut ? 0 : Self.end.count))
            return new.startIndex + offset + 1
          }
        } else {
          // ESC is nowhere else in the end, so a new match can only begin here.
          matched = byte == Self.end[0] ? 1 : 0
        }
      }
      keep(buffer[...])
      return nil
    }
  }

  /// Whether the limit cut the text, so that the end mark is not, or not wholly, among the bytes.
  private var isCut = false

  private mutating func keep(_ new: Slice<UnsafeBufferPointer<UInt8>>) {
    let room = Self.limit + Self.end.count - bytes.count
    if new.count > room { isCut = true }
    bytes += new.prefix(max(0, room))
    if isCut, bytes.count > Self.limit { bytes.removeLast(bytes.count - Self.limit) }
  }
}

/// The missing rest of a sequence whose ESC was told as Escape, because the line was slow.
enum LateTail {
  /// Whether a read begins with such a rest.
  static func begins(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first else { return false }
    let rest = bytes.dropFirst()
    if rest.isEmpty { return "[O]P_".utf8.contains(first) }
    return switch first {
    case UInt8(ascii: "["): control(rest)
    case UInt8(ascii: "O"): single(rest)
    case UInt8(ascii: "]"): command(rest)
    case UInt8(ascii: "P"): device(rest)
    case UInt8(ascii: "_"): rest.first == UInt8(ascii: "G")
    default: false
    }
  }

  /// Behind it the read ends, or the next sequence begins.
  private static func isWhole(_ rest: ArraySlice<UInt8>) -> Bool { rest.first.map { $0 == 0x1B } ?? true }

  private static func control(_ rest: ArraySlice<UInt8>) -> Bool {
    if rest.first == UInt8(ascii: "[") { return rest.count >= 2 && isWhole(rest.dropFirst(2)) }
    if rest.first == UInt8(ascii: "M") {
      let numbers = rest.dropFirst().prefix { $0 != 0x1B }
      if 3...6 ~= numbers.count { return true }
    }
    let parameters = rest.prefix { 0x30...0x3F ~= $0 }
    var tail = rest.dropFirst(parameters.count)
    if tail.isEmpty { return true }
    if tail.first == UInt8(ascii: "$"), ControlByte.areDigits(parameters), isWhole(tail.dropFirst()) { return true }
    tail = tail.drop { 0x20...0x2F ~= $0 }
    guard let final = tail.first, 0x40...0x7E ~= final else { return false }
    return isWhole(tail.dropFirst())
  }

  private static func single(_ rest: ArraySlice<UInt8>) -> Bool {
    let tail = rest.drop { 0x30...0x3B ~= $0 }
    guard let final = tail.first, 0x41...0x5A ~= final || 0x61...0x7A ~= final else { return false }
    return isWhole(tail.dropFirst())
  }

  /// Parameters, and one of `$ + | !` behind them.
  private static func device(_ rest: ArraySlice<UInt8>) -> Bool {
    let parameters = rest.prefix { ControlByte.isDigit($0) || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "!") }
    guard !parameters.isEmpty else { return false }
    if parameters.dropFirst().contains(UInt8(ascii: "!")) { return true }
    return rest.dropFirst(parameters.count).first.map { "$+|".utf8.contains($0) } ?? false
  }

  private static func command(_ rest: ArraySlice<UInt8>) -> Bool {
    let digits = rest.prefix(while: ControlByte.isDigit)
    if !digits.isEmpty { return rest.dropFirst(digits.count).first == UInt8(ascii: ";") }
    guard rest.first == UInt8(ascii: "l") || rest.first == UInt8(ascii: "L") else { return false }
    return rest.contains { $0 == 7 || $0 == 0x1B || $0 == 0x9C }
  }
}
