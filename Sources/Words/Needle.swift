#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Text that is looked for: the same letters, whether capital or small as far as ASCII goes.
public struct Needle: Equatable, Sendable {
  public let text: String
  private let bytes: [UInt8]
  /// The two forms of the first byte.
  private let heads: [UInt8]

  /// - Returns: `nil` when there is nothing to look for.
  public init?(_ text: String) {
    bytes = text.utf8.map(Self.lower)
    guard let head = bytes.first else { return nil }
    self.text = text
    let capital = (97...122).contains(head) ? head - 32 : head
    heads = capital == head ? [head] : [head, capital]
  }

  @inline(__always)
  private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }

  /// Where it occurs first.
  ///
  /// - Parameter start: where to begin.
  public func first(in haystack: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
    // The next place of each form of the first byte; looked for again only when it was passed.
    var next = [Int](repeating: -1, count: heads.count)
    var at = start
    while at + bytes.count <= haystack.count {
      var nearest = haystack.count
      for (number, head) in heads.enumerated() {
        if next[number] < at { next[number] = place(of: head, haystack, from: at) ?? haystack.count }
        nearest = min(nearest, next[number])
      }
      guard nearest + bytes.count <= haystack.count else { return nil }
      if isMatch(haystack, nearest) { return nearest }
      at = nearest + 1
    }
    return nil
  }

  /// Where it occurs last.
  public func last(in haystack: UnsafeRawBufferPointer) -> Int? {
    var last: Int?
    var at = 0
    while let found = first(in: haystack, from: at) {
      last = found
      at = found + 1
    }
    return last
  }

  public func occurs(in text: String) -> Bool {
    var text = text
    return text.withUTF8 { first(in: UnsafeRawBufferPointer($0)) != nil }
  }

  /// All places in a text, one after the other.
  public func ranges(in text: Substring) -> [Range<Substring.Index>] {
    let utf8 = Array(text.utf8)
    var ranges: [Range<Substring.Index>] = []
    utf8.withUnsafeBytes { haystack in
      var at = 0
      while let found = first(in: haystack, from: at) {
        at = found + bytes.count
        let start = text.utf8.index(text.startIndex, offsetBy: found)
        ranges.append(start..<text.utf8.index(start, offsetBy: bytes.count))
      }
    }
    return ranges
  }

  private func place(of byte: UInt8, _ haystack: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < haystack.count, let base = haystack.baseAddress,
      let found = memchr(base + start, Int32(byte), haystack.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private func isMatch(_ haystack: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    for (offset, byte) in bytes.enumerated() where Self.lower(haystack[at + offset]) != byte { return false }
    return true
  }
}
