/// A value of MessagePack within bytes that a stranger sent: read where it lies, and never beyond its bounds.
///
/// Use only while the bytes are lent. What does not fit, or is nested too deep, is no value.
struct MessagePack {
  private enum Head {
    case null, boolean(Bool), integer(Int64), number(Double)
    case text(Range<Int>)
    /// Elements, and where they begin.
    case array(Int, Int)
    /// Pairs, and where they begin.
    case map(Int, Int)
    /// Binary data and extensions.
    case other(Range<Int>)
  }

  private static let depthLimit = 64

  private let bytes: UnsafeRawBufferPointer
  private let head: Head
  private let next: Int

  /// The value at the front of `bytes`.
  init?(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, at: 0) }

  private init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    guard let (head, next) = Self.read(bytes, start) else { return nil }
    (self.bytes, self.head, self.next) = (bytes, head, next)
  }

  var text: String? { if case .text(let range) = head { String(decoding: bytes[range], as: UTF8.self) } else { nil } }
  var boolean: Bool? { if case .boolean(let value) = head { value } else { nil } }

  var integer: Int? {
    switch head {
    case .integer(let value): Int(exactly: value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  var number: Double? {
    switch head {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The value of a key of a map; `nil` when it is none, or has no such key.
  subscript(key: StaticString) -> MessagePack? {
    guard case .map(let count, let start) = head else { return nil }
    var at = start
    for _ in 0..<count {
      guard let (name, value) = Self.read(bytes, at), let after = end(of: name, value) else { return nil }
      let isWanted: Bool
      if case .text(let range) = name { isWanted = Self.equals(bytes, range, key) } else { isWanted = false }
      if isWanted { return MessagePack(bytes, at: after) }
      guard let behind = Self.skip(bytes, after, 0) else { return nil }
      at = behind
    }
    return nil
  }

  private func end(of head: Head, _ next: Int) -> Int? {
    switch head {
    case .array(let count, let at): Self.skip(bytes, at, count, 0)
    case .map(let count, let at): Self.skip(bytes, at, count * 2, 0)
    default: next
    }
  }

  var isList: Bool { if case .array = head { true } else { false } }

  /// The elements of a list; the value alone when it is none, as RADICAL-Pilot sends single ones.
  func forEach(_ body: (MessagePack) -> Void) {
    guard case .array(let count, let start) = head else { return body(self) }
    var at = start
    for _ in 0..<count {
      guard let element = MessagePack(bytes, at: at) else { return }
      body(element)
      guard let behind = Self.skip(bytes, at, 0) else { return }
      at = behind
    }
  }

  private static func equals(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ key: StaticString) -> Bool {
    range.count == key.utf8CodeUnitCount
      && key.withUTF8Buffer { $0.elementsEqual(bytes[range]) }
  }

  /// - Returns: the byte behind so many values; `nil` when they do not fit.
  private static func skip(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ depth: Int) -> Int? {
    var at = start
    for _ in 0..<count {
      guard let behind = skip(bytes, at, depth) else { return nil }
      at = behind
    }
    return at
  }

  private static func skip(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ depth: Int) -> Int? {
    guard depth < depthLimit, let (head, next) = read(bytes, start) else { return nil }
    switch head {
    case .array(let count, let at): return skip(bytes, at, count, depth + 1)
    case .map(let count, let at): return skip(bytes, at, count * 2, depth + 1)
    default: return next
    }
  }

  /// - Returns: what a value is, and the byte behind it, or behind its count.
  private static func read(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> (Head, Int)? {
    guard start < bytes.count else { return nil }
    let type = bytes[start]
    let at = start + 1
    /// Of at most eight bytes, the highest first.
    func number(_ width: Int) -> UInt64? {
      guard bytes.count - at >= width else { return nil }
      return bytes[at..<(at + width)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    func block(_ width: Int, extra: Int = 0, _ make: (Range<Int>) -> Head) -> (Head, Int)? {
      guard let length = number(width), length <= UInt64(bytes.count - at - width) else { return nil }
      let first = at + width
      let count = Int(length) + extra
      guard bytes.count - first >= count else { return nil }
      return (make(first..<(first + count)), first + count)
    }
    func fixed(_ count: Int, _ make: (Range<Int>) -> Head) -> (Head, Int)? {
      guard bytes.count - at >= count else { return nil }
      return (make(at..<(at + count)), at + count)
    }
    /// A count that what is left can hold, one byte each.
    func counted(_ width: Int, _ each: Int, _ make: (Int, Int) -> Head) -> (Head, Int)? {
      guard let count = number(width), count <= UInt64(bytes.count) / UInt64(each) else { return nil }
      return (make(Int(count), at + width), at + width)
    }
    func signed(_ width: Int) -> (Head, Int)? {
      guard let raw = number(width) else { return nil }
      let shift = 64 - width * 8
      return (.integer(Int64(bitPattern: raw << UInt64(shift)) >> Int64(shift)), at + width)
    }
    func unsigned(_ width: Int) -> (Head, Int)? {
      guard let raw = number(width) else { return nil }
      return (Int64(exactly: raw).map(Head.integer) ?? .number(Double(raw)), at + width)
    }
    switch type {
    case 0x00...0x7f: return (.integer(Int64(type)), at)
    case 0xe0...0xff: return (.integer(Int64(Int8(bitPattern: type))), at)
    case 0x80...0x8f: return (.map(Int(type & 15), at), at)
    case 0x90...0x9f: return (.array(Int(type & 15), at), at)
    case 0xa0...0xbf: return fixed(Int(type & 31), Head.text)
    case 0xc0: return (.null, at)
    case 0xc2, 0xc3: return (.boolean(type == 0xc3), at)
    case 0xc4: return block(1, Head.other)
    case 0xc5: return block(2, Head.other)
    case 0xc6: return block(4, Head.other)
    case 0xc7: return block(1, extra: 1, Head.other)
    case 0xc8: return block(2, extra: 1, Head.other)
    case 0xc9: return block(4, extra: 1, Head.other)
    case 0xca: return number(4).map { (.number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0)))), at + 4) }
    case 0xcb: return number(8).map { (.number(Double(bitPattern: $0)), at + 8) }
    case 0xcc: return unsigned(1)
    case 0xcd: return unsigned(2)
    case 0xce: return unsigned(4)
    case 0xcf: return unsigned(8)
    case 0xd0: return signed(1)
    case 0xd1: return signed(2)
    case 0xd2: return signed(4)
    case 0xd3: return signed(8)
    case 0xd4: return fixed(2, Head.other)
    case 0xd5: return fixed(3, Head.other)
    case 0xd6: return fixed(5, Head.other)
    case 0xd7: return fixed(9, Head.other)
    case 0xd8: return fixed(17, Head.other)
    case 0xd9: return block(1, Head.text)
    case 0xda: return block(2, Head.text)
    case 0xdb: return block(4, Head.text)
    case 0xdc: return counted(2, 1, Head.array)
    case 0xdd: return counted(4, 1, Head.array)
    case 0xde: return counted(2, 2, Head.map)
    case 0xdf: return counted(4, 2, Head.map)
    default: return nil
    }
  }
}

/// Writes the few things that are sent to a session: maps of texts, lists of texts and flags.
struct MessagePackWriter {
  private(set) var bytes: [UInt8] = []

  /// At most 15 pairs follow: key, value, key, …
  mutating func map(_ count: UInt8) { bytes.append(0x80 | (count & 15)) }

  mutating func flag(_ value: Bool) { bytes.append(value ? 0xc3 : 0xc2) }

  mutating func text(_ text: String) {
    let content = Array(text.utf8)
    length(content.count, small: 0xa0, limit: 32, types: (0xd9, 0xda, 0xdb))
    bytes += content
  }

  mutating func texts(_ list: [String]) {
    length(list.count, small: 0x90, limit: 16, types: (nil, 0xdc, 0xdd))
    for text in list { self.text(text) }
  }

  private mutating func length(_ count: Int, small: UInt8, limit: Int, types: (UInt8?, UInt8, UInt8)) {
    let number = UInt32(clamping: count)
    if count < limit {
      bytes.append(small | UInt8(truncatingIfNeeded: number))
    } else if let short = types.0, number <= 0xff {
      bytes += [short, UInt8(truncatingIfNeeded: number)]
    } else if number <= 0xffff {
      bytes += [types.1, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    } else {
      bytes.append(types.2)
      for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
  }
}
