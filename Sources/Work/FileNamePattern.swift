/// A file name with `*`, `?` or `[…]`, as a shell reads it; a backslash takes the next character as it is.
public struct FileNamePattern: Equatable, Sendable {
  private enum Part: Equatable {
    case one(UInt32)
    case any
    case rest
    case among([ClosedRange<UInt32>], isNegated: Bool)
  }

  private var parts: [Part] = []

  /// Whether a name has a character that stands for others.
  public static func isPattern(_ name: some Sequence<UInt8>) -> Bool {
    name.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
  }

  /// Whether any part of a path is a pattern.
  public static func isPattern(_ path: String) -> Bool { isPattern(path.utf8) }

  public init(_ name: some Collection<UInt8>) {
    let text = Self.characters(name)
    var index = 0
    while index < text.count {
      let unit = text[index]
      index += 1
      switch unit {
      case 0x2a: if parts.last != .rest { parts.append(.rest) }
      case 0x3f: parts.append(.any)
      case 0x5b:
        if let (part, end) = Self.bracket(text, from: index) {
          parts.append(part)
          index = end
        } else {
          parts.append(.one(unit))
        }
      case 0x5c where index < text.count:
        parts.append(.one(text[index]))
        index += 1
      default: parts.append(.one(unit))
      }
    }
  }

  /// What stands between brackets, and where it ends; `nil` when they are not closed.
  private static func bracket(_ text: [UInt32], from start: Int) -> (Part, end: Int)? {
    var index = start
    var isNegated = false
    if index < text.count, text[index] == 0x21 || text[index] == 0x5e {
      isNegated = true
      index += 1
    }
    var ranges: [ClosedRange<UInt32>] = []
    let first = index
    while index < text.count {
      if text[index] == 0x5d, index > first { return (.among(ranges, isNegated: isNegated), index + 1) }
      if text[index] == 0x5c, index + 1 < text.count { index += 1 }
      let low = text[index]
      index += 1
      if index + 1 < text.count, text[index] == 0x2d, text[index + 1] != 0x5d {
        let high = text[index + 1]
        if low <= high { ranges.append(low...high) }
        index += 2
      } else {
        ranges.append(low...low)
      }
    }
    return nil
  }

  /// A name that begins with a dot is matched only by a pattern that does, too.
  public func matches(_ name: some Collection<UInt8>) -> Bool {
    let text = Self.characters(name)
    if text.first == 0x2e, parts.first != .one(0x2e) { return false }
    var (part, index) = (0, 0)
    // Where to go on when it does not fit: with the last `*` taking one character more.
    var again: (part: Int, index: Int)?
    while index < text.count {
      if part < parts.count, parts[part] == .rest {
        again = (part, index)
        part += 1
      } else if part < parts.count, Self.fits(parts[part], text[index]) {
        part += 1
        index += 1
      } else if let last = again {
        again = (last.part, last.index + 1)
        (part, index) = (last.part + 1, last.index + 1)
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { $0 == .rest }
  }

  private static func fits(_ part: Part, _ unit: UInt32) -> Bool {
    switch part {
    case .one(let one): one == unit
    case .any, .rest: true
    case .among(let ranges, let isNegated): ranges.contains { $0.contains(unit) } != isNegated
    }
  }

  /// The characters of a name; a byte that is of none counts as one.
  private static func characters(_ name: some Collection<UInt8>) -> [UInt32] {
    let bytes = Array(name)
    var result: [UInt32] = []
    var index = 0
    while index < bytes.count {
      let lead = bytes[index]
      let length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
      let rest = bytes[(index + 1)...].prefix(max(0, length - 1))
      if length > 0, rest.count == length - 1, rest.allSatisfy({ $0 & 0xc0 == 0x80 }) {
        let top = UInt32(length == 1 ? lead : lead & (0x7f >> UInt8(length)))
        result.append(rest.reduce(top) { $0 << 6 | UInt32($1 & 0x3f) })
        index += length
      } else {
        result.append(0xdc00 + UInt32(lead))
        index += 1
      }
    }
    return result
  }
}
