import Glibc
import SessionModel

/// What one line of a RADICAL-Pilot profile says of a task, a pilot or a function:
/// `time,event,component,thread,uid,state,message`.
struct ProfileLine: Equatable {
  enum Event: Equatable {
    /// It came to a state.
    case advance
    /// A rank of it began to run, or ended: of functions, which RADICAL-Pilot shows as waiting until they end, too.
    case rankStart, rankStop
  }

  var time: Timestamp
  var event: Event
  /// The part of RADICAL-Pilot that says it, `tmgr.0000`, of what is new; else empty.
  var component: String
  var uid: String
  /// RADICAL-Pilot's name; empty unless the event is `advance`.
  var state: String

  private static let advance = Array("advance".utf8)
  private static let rankStart = Array("rank_start".utf8)
  private static let rankStop = Array("rank_stop".utf8)

  /// A profile has a dozen lines for each that counts; they are passed over before anything is made of them.
  ///
  /// - Parameter line: without its line feed.
  /// - Returns: `nil` when it says nothing of the kind: a header, another event, damage.
  init?(_ line: UnsafeRawBufferPointer) {
    guard let base = line.baseAddress, let comma = Self.comma(base, 0, line.count), line[0] != UInt8(ascii: "#"),
      let event = Self.event(line, comma + 1)
    else { return nil }
    // The message, which is the last one, may hold commas. What is before it: event, component, thread, uid, state.
    guard let first = Self.comma(base, comma + 1, line.count), let second = Self.comma(base, first + 1, line.count),
      let third = Self.comma(base, second + 1, line.count), let fourth = Self.comma(base, third + 1, line.count)
    else { return nil }
    guard let time = Self.time(line[..<comma]), fourth > third + 1, fourth - third <= 257 else { return nil }
    func text(_ range: Range<Int>) -> String { String(decoding: line[range], as: UTF8.self) }
    (self.time, self.event, uid) = (time, event, text((third + 1)..<fourth))
    state = event == .advance ? text((fourth + 1)..<(Self.comma(base, fourth + 1, line.count) ?? line.count)) : ""
    component = state == "NEW" ? text((first + 1)..<second) : ""
  }

  private static func comma(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int? {
    guard start < end, let found = memchr(base + start, Int32(UInt8(ascii: ",")), end - start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private static func event(_ line: UnsafeRawBufferPointer, _ start: Int) -> Event? {
    func begins(with word: [UInt8]) -> Bool {
      guard let base = line.baseAddress, line.count > start + word.count else { return false }
      return line[start + word.count] == UInt8(ascii: ",") && memcmp(base + start, word, word.count) == 0
    }
    return begins(with: advance)
      ? .advance : begins(with: rankStart) ? .rankStart : begins(with: rankStop) ? .rankStop : nil
  }

  /// `1795364150.2230899`, to the microsecond.
  static func time(_ text: Slice<UnsafeRawBufferPointer>) -> Timestamp? {
    var whole: Int64 = 0
    var fraction: Int64 = 0
    var unit: Int64 = 1_000_000
    var isFraction = false
    guard !text.isEmpty, text.count <= 32 else { return nil }
    for byte in text {
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
        continue
      }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let digit = Int64(byte - UInt8(ascii: "0"))
      if isFraction {
        if unit > 1 {
          unit /= 10
          fraction += digit * unit
        }
      } else {
        whole = whole * 10 + digit
        // No time of this millennium.
        guard whole < 100_000_000_000 else { return nil }
      }
    }
    return Timestamp(microseconds: whole * 1_000_000 + fraction)
  }
}
