import Platform

#if canImport(Glibc)
  import Glibc
#endif

/// How many line feeds are before any place of a file, in a number for each MiB of it.
struct LineCount {
  /// Line feeds before each multiple of `step`, as far as they were counted.
  private var before: [Int] = []
  /// Bytes that were counted, and the line feeds in them.
  private(set) var counted = 0
  private(set) var feeds = 0

  static let step = 1 << 20
  /// A file that is longer is not read to its end only to number its lines.
  static let longest = 1 << 30

  /// Counts on, at most `step` bytes.
  ///
  /// - Returns: false when there is nothing more to count.
  mutating func advance(_ walk: borrowing LineWalk) throws(LineWalk.Failure) -> Bool {
    let end = min(walk.size, Self.longest, (counted / Self.step + 1) * Self.step)
    guard counted < end else { return false }
    if counted % Self.step == 0 { before.append(feeds) }
    let bytes = try walk.read(counted..<end)
    guard !bytes.isEmpty else { return false }
    feeds += Self.feeds(in: bytes)
    counted += bytes.count
    return counted < min(walk.size, Self.longest)
  }

  func isWhole(_ walk: borrowing LineWalk) -> Bool { counted >= walk.size }

  /// The line feeds before a place; `nil` where nobody counted.
  func feeds(before place: Int, _ walk: borrowing LineWalk) throws(LineWalk.Failure) -> Int? {
    if place == counted { return feeds }
    guard place < counted else { return nil }
    let step = place / Self.step
    return before[step] + Self.feeds(in: try walk.read((step * Self.step)..<place))
  }

  private static func feeds(in bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes { room in
      guard let base = room.baseAddress else { return 0 }
      var (count, at) = (0, 0)
      while at < room.count, let found = memchr(base + at, 0x0A, room.count - at) {
        count += 1
        at = UnsafeRawPointer(found) - base + 1
      }
      return count
    }
  }
}
