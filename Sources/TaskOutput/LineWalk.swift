import Platform
import SystemPackage
import Words

#if canImport(Glibc)
  import Glibc
#endif

/// Where lines begin in a file, found from any place of it by looking at what is near.
///
/// A line begins at the start of the file and after each line feed. One that is very long is shown in parts, or a file
/// without line feeds could not be read: at every multiple of `part` bytes another part begins, when there is no line
/// feed in the `part` bytes before. So that a progress bar is one line, however often it went back to its start, a
/// carriage return there counts as much, but not at multiples of `longest`. A part never begins within a character. All
/// of that depends on earlier bytes alone: what is appended moves no line.
struct LineWalk: ~Copyable {
  struct Bounds: Sendable {
    var part = 1 << 14
    var longest = 1 << 26
  }

  /// Why there are no lines: one sentence.
  struct Failure: Error { var words: String }

  let size: Int
  private let file: Descriptor
  private let path: String
  private let bounds: Bounds
  /// Some pieces of the file that were read last; each begins at a multiple of `pieceLength`.
  private var pieces: [(start: Int, bytes: [UInt8])] = []
  private let pieceLength: Int
  private static let keptPieces = 4
  /// Bytes that were looked at, for whoever has only so much time.
  private(set) var effort = 0

  init(_ file: consuming Descriptor, path: String, bounds: Bounds) {
    size = file.size
    self.file = file
    self.path = path
    self.bounds = bounds
    // A whole number of parts.
    pieceLength = bounds.part * max(1, (1 << 17) / bounds.part)
  }

  // MARK: Bytes

  /// Bytes of the file, as far as it goes.
  borrowing func read(_ range: Range<Int>) throws(Failure) -> [UInt8] {
    do {
      return try file.bytes(at: range.lowerBound, count: max(0, min(range.upperBound, size) - range.lowerBound))
    } catch {
      throw Failure(words: "\(path) cannot be read: \(error)")
    }
  }

  /// The part of the file that begins at a multiple of `part`; shorter at its end.
  private mutating func part(at start: Int) throws(Failure) -> ArraySlice<UInt8> {
    effort += bounds.part
    let pieceStart = start / pieceLength * pieceLength
    let piece: [UInt8]
    if let kept = pieces.first(where: { $0.start == pieceStart }) {
      piece = kept.bytes
    } else {
      piece = try read(pieceStart..<(pieceStart + pieceLength))
      if pieces.count >= Self.keptPieces { pieces.removeFirst() }
      pieces.append((pieceStart, piece))
    }
    // A file that became shorter meanwhile ends earlier.
    let from = min(start - pieceStart, piece.count)
    return piece[from..<min(from + bounds.part, piece.count)]
  }

  private static func first(_ byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { room in
      guard let base = room.baseAddress, let found = memchr(base, Int32(byte), room.count) else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private static func last(_ byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { room in
      var at = room.count - 1
      while at >= 0 {
        if room[at] == byte { return at }
        at -= 1
      }
      return nil
    }
  }

  // MARK: Lines

  /// Where a part begins at `place`, a multiple of `part`, given that no line feed is in the bytes before; `nil` when the
  /// line goes on there.
  private mutating func partStart(at place: Int, after bytes: ArraySlice<UInt8>) throws(Failure) -> Int? {
    guard place % bounds.longest == 0 || Self.first(0x0D, in: bytes) == nil else { return nil }
    let start = place + (try part(at: place)).prefix(3).prefix { $0 & 0xC0 == 0x80 }.count
    return start < size ? start : nil
  }

  /// The first byte of the line before the one that begins at `end`; `end` may also be the end of the file.
  mutating func start(before end: Int) throws(Failure) -> Int {
    guard end > 0 else { return 0 }
    var place = (end - 1) / bounds.part * bounds.part
    // The last byte is what ends the line that is looked for.
    var bytes = try part(at: place).prefix(end - 1 - place)
    while true {
      if let feed = Self.last(0x0A, in: bytes) { return place + feed + 1 }
      if place == 0 { return 0 }
      let before = try part(at: place - bounds.part)
      if before.last == 0x0A { return place }
      if Self.first(0x0A, in: before) == nil, let start = try partStart(at: place, after: before), start < end {
        return start
      }
      place -= bounds.part
      bytes = before
    }
  }

  /// The first byte of the line in which a byte is.
  mutating func start(at byte: Int) throws(Failure) -> Int {
    size == 0 ? 0 : try start(before: min(max(0, byte), size - 1) + 1)
  }

  /// The first byte behind the line that begins at `start`: that of the next one, or the end of the file.
  mutating func end(from start: Int) throws(Failure) -> Int {
    var place = start / bounds.part * bounds.part
    var skipped = start - place
    while place < size {
      let bytes = try part(at: place)
      guard !bytes.isEmpty else { break }
      if let feed = Self.first(0x0A, in: bytes.dropFirst(skipped)) { return place + skipped + feed + 1 }
      let next = place + bounds.part
      if next < size, Self.first(0x0A, in: bytes) == nil, let end = try partStart(at: next, after: bytes), end > start {
        return end
      }
      place = next
      skipped = 0
    }
    return size
  }

  /// A line by its bounds, as a terminal would show it. Of one that went back to its start again and again its last state
  /// is all there is to see.
  mutating func line(_ start: Int, _ end: Int) throws(Failure) -> OutputLine {
    let from = max(start, end - 2 * bounds.part - 4)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(end - from)
    var place = from / bounds.part * bounds.part
    while place < end {
      let part = try part(at: place)
      guard !part.isEmpty else { break }
      bytes += part.dropFirst(max(0, from - place)).prefix(end - max(place, from))
      place += bounds.part
    }
    let isEnded = bytes.last == 0x0A
    return OutputLine(
      start: start, end: end, text: PrintedText.line(isEnded ? bytes.dropLast() : bytes[...], isCut: from > start),
      isEnded: isEnded)
  }
}
