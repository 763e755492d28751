import Platform
import SessionModel
import Words

#if canImport(Glibc)
  import Glibc
#endif

typealias OutputLine = OutputPage.Line

/// Reads lines from anywhere in a file that others write, replace and remove, at bounded memory.
///
/// Each look opens the file anew, so it is always the one that is at its path now. Blocks for as long as the file system
/// does: whoever must not wait uses ``OutputDesk``.
struct OutputReader {
  typealias Opener = @Sendable (String) throws(FileError) -> Descriptor

  private let path: String
  private let open: Opener
  private let bounds: LineWalk.Bounds
  private var count = LineCount()
  private var seen: Sight?
  private var generation = 0

  /// What tells a file from another one at the same path: its identity, and how it begins.
  private struct Sight {
    var device: UInt
    var inode: UInt
    var size: Int
    var head: [UInt8]
    static let headLength = 1024
  }

  /// Bytes that one answer may cost to look at; then it has fewer lines.
  private static let effort = 1 << 28
  /// What is counted before the first answer, so that nearly every output has its line numbers at once.
  private static let countedAtOnce = 1 << 23

  init(
    _ path: String, bounds: LineWalk.Bounds = LineWalk.Bounds(),
    open: @escaping Opener = { path throws(FileError) in try Descriptor.open(.file, path) }
  ) {
    self.path = path
    self.bounds = bounds
    self.open = open
  }

  // MARK: The file

  private mutating func look() throws(LineWalk.Failure) -> LineWalk {
    let file: Descriptor
    do { file = try open(path) } catch {
      guard error.isMissing else { throw LineWalk.Failure(words: error.description) }
      throw LineWalk.Failure(words: seen == nil ? "nothing was written yet" : "the file is not there any more")
    }
    let status = try? file.status()
    let walk = LineWalk(file, path: path, bounds: bounds)
    let head = try walk.read(0..<Sight.headLength)
    let sight = Sight(
      device: UInt(status?.st_dev ?? 0), inode: UInt(status?.st_ino ?? 0), size: walk.size, head: head)
    let isSame =
      seen.map {
        $0.device == sight.device && $0.inode == sight.inode && $0.size <= sight.size && head.starts(with: $0.head)
      } ?? false
    if !isSame {
      generation += 1
      count = LineCount()
    }
    seen = sight
    return walk
  }

  // MARK: Pages

  /// The lines around a place.
  mutating func page(
    _ place: OutputRequest.Place, before: Int, after: Int
  ) throws(LineWalk.Failure) -> OutputPage {
    var walk = try look()
    return try page(place, before: before, after: after, &walk)
  }

  private mutating func page(
    _ place: OutputRequest.Place, before: Int, after: Int, _ walk: inout LineWalk
  ) throws(LineWalk.Failure) -> OutputPage {
    var at =
      switch place {
      case .end: walk.size
      case .byte(let byte): try walk.start(at: byte)
      }
    var lines: [OutputLine] = []
    let first = at
    while lines.count < max(0, after), at < walk.size, walk.effort < Self.effort {
      let end = try walk.end(from: at)
      lines.append(try walk.line(at, end))
      at = end
    }
    // What is missing behind is there before: the last page is a full one.
    let wanted = max(0, before) + max(0, after) - lines.count
    var earlier: [OutputLine] = []
    at = first
    while earlier.count < wanted, at > 0, walk.effort < 2 * Self.effort {
      let start = try walk.start(before: at)
      earlier.append(try walk.line(start, at))
      at = start
    }
    lines = earlier.reversed() + lines
    return try number(lines, walk)
  }

  private mutating func number(_ lines: [OutputLine], _ walk: borrowing LineWalk) throws(LineWalk.Failure) -> OutputPage
  {
    let limit = count.counted + Self.countedAtOnce
    while count.counted < limit, try count.advance(walk) {}
    var page = OutputPage(generation: generation, size: walk.size, lines: lines)
    page.firstNumber = try count.feeds(before: lines.first?.start ?? 0, walk).map { $0 + 1 }
    if count.isWhole(walk) {
      let last = try walk.read(max(0, walk.size - 1)..<walk.size)
      page.lineCount = count.feeds + (last.isEmpty || last == [0x0A] ? 0 : 1)
    }
    return page
  }

  /// Whether more of a file that was looked at is to be counted, for ``countOn(while:)``.
  var isCounting: Bool { (seen?.size ?? 0) > count.counted && count.counted < LineCount.longest }

  /// Counts the lines of the file as it is now, as long as nobody wants something else.
  ///
  /// - Returns: whether it came to the end.
  mutating func countOn(while goesOn: () -> Bool) throws(LineWalk.Failure) -> Bool {
    let walk = try look()
    while goesOn() {
      if !(try count.advance(walk)) { return true }
    }
    return false
  }

  // MARK: Search

  /// The next line that has a text, looked for to the end (or the start) and on from the other one.
  ///
  /// - Parameters:
  ///   - byte: in the line to begin with.
  ///   - isAfter: whether that line itself comes last.
  ///   - goesOn: asked now and then, with how much was searched, from 0 to 1.
  /// - Returns: where the line begins, and whether the search went on from the other end; `nil` when there is none, or
  ///   it was not to go on.
  mutating func search(
    _ needle: Needle, from byte: Int, isBackward: Bool, isAfter: Bool, while goesOn: (Double) -> Bool
  ) throws(LineWalk.Failure) -> (line: Int, isAround: Bool)? {
    var walk = try look()
    guard walk.size > 0 else { return nil }
    let from = try walk.start(at: byte)
    let behind = try walk.end(from: from)
    // Forward from the line (or behind it) to the end, then from the start; backward likewise.
    let turn = isBackward == isAfter ? from : behind
    let ranges = isBackward ? [0..<turn, turn..<walk.size] : [turn..<walk.size, 0..<turn]
    var searched = 0
    for (number, range) in ranges.enumerated() {
      var rest = range
      while !rest.isEmpty {
        let block = try isBackward ? walk.lastBlock(in: rest) : walk.firstBlock(in: rest)
        if let line = try walk.find(needle, in: block, isLast: isBackward) { return (line, number > 0) }
        searched += block.count
        rest = isBackward ? rest.lowerBound..<block.lowerBound : block.upperBound..<rest.upperBound
        guard goesOn(Double(searched) / Double(walk.size)) else { return nil }
      }
    }
    return nil
  }
}

extension LineWalk {
  private static let blockLength = 1 << 20

  /// Whole lines from the beginning of a range of whole lines: some, or one that is very long.
  mutating func firstBlock(in range: Range<Int>) throws(Failure) -> Range<Int> {
    let limit = range.lowerBound + Self.blockLength
    guard limit < range.upperBound else { return range }
    var end = try start(at: limit)
    if end <= range.lowerBound { end = try self.end(from: range.lowerBound) }
    // Whatever becomes of the file meanwhile.
    return range.lowerBound..<min(max(end, range.lowerBound + 1), range.upperBound)
  }

  /// Whole lines from the end of a range of whole lines.
  mutating func lastBlock(in range: Range<Int>) throws(Failure) -> Range<Int> {
    let limit = range.upperBound - Self.blockLength
    guard limit > range.lowerBound else { return range }
    let start = min(max(range.lowerBound, try self.start(at: limit)), limit)
    // What follows a very long line comes by itself.
    let end = try self.end(from: start)
    return (end < range.upperBound && end - start > Self.blockLength ? end : start)..<range.upperBound
  }

  /// The first line of a block, or the last, that has a text; where it begins.
  mutating func find(_ needle: Needle, in block: Range<Int>, isLast: Bool) throws(Failure) -> Int? {
    // A line that is longer than a block: what is seen of it is little.
    if block.count > 4 * Self.blockLength {
      let end = try self.end(from: block.lowerBound)
      if end >= block.upperBound {
        return needle.occurs(in: try line(block.lowerBound, block.upperBound).text) ? block.lowerBound : nil
      }
    }
    let bytes = try read(block)
    if Self.isPlain(bytes, hasTabs: !needle.text.contains(" ")) {
      // What is there is what is shown.
      let place = bytes.withUnsafeBytes { isLast ? needle.last(in: $0) : needle.first(in: $0) }
      return try place.map { place throws(Failure) in try start(at: block.lowerBound + place) }
    }
    var found: Int?
    var at = block.lowerBound
    while at < block.upperBound {
      let end = try self.end(from: at)
      if needle.occurs(in: try line(at, end).text) {
        found = at
        if !isLast { return found }
      }
      at = end
    }
    return found
  }

  /// Whether no byte does anything but stand for itself, or end a line.
  ///
  /// - Parameter hasTabs: whether a tab is plain, too: it is for whoever looks for no blanks.
  private static func isPlain(_ bytes: [UInt8], hasTabs: Bool) -> Bool {
    bytes.withUnsafeBytes { room in
      for at in 0..<room.count {
        let byte = room[at]
        if byte >= 0x20, byte != 0x7F { continue }
        if byte == 0x0A || (byte == 0x09 && hasTabs) || (byte == 0x0D && at + 1 < room.count && room[at + 1] == 0x0A) {
          continue
        }
        return false
      }
      return true
    }
  }
}
