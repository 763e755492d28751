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
  /// The part of RADICAL-Pilot that says it: `tmgr.0000`.
  var component: String
  var uid: String
  /// RADICAL-Pilot's name; empty unless the event is `advance`.
  var state: String

  private static let advance = Array("advance".utf8)
  private static let rankStart = Array("rank_start".utf8)
  private static let rankStop = Array("rank_stop".utf8)
  /// A profile has a dozen lines for each that counts; they are passed over before anything is made of them.
  private static let fields = 6

  /// - Parameter line: without its line feed.
  /// - Returns: `nil` when it says nothing of the kind: a header, another event, damage.
  init?(_ line: UnsafeRawBufferPointer) {
    guard let comma = line.firstIndex(of: UInt8(ascii: ",")), line.first != UInt8(ascii: "#") else { return nil }
    let rest = line[(comma + 1)...]
    guard let event = Self.event(rest) else { return nil }
    // The message, which is the last one, may hold commas.
    var parts = rest.split(separator: UInt8(ascii: ","), maxSplits: Self.fields - 1, omittingEmptySubsequences: false)
    guard parts.count >= Self.fields - 1, let time = Self.time(line[..<comma]) else { return nil }
    if parts.count == Self.fields { parts.removeLast() }
    let uid = String(decoding: parts[3], as: UTF8.self)
    guard !uid.isEmpty, uid.utf8.count <= 256 else { return nil }
    (self.time, self.event, self.uid) = (time, event, uid)
    component = String(decoding: parts[1], as: UTF8.self)
    state = event == .advance ? String(decoding: parts[4], as: UTF8.self) : ""
  }

  private static func event(_ rest: Slice<UnsafeRawBufferPointer>) -> Event? {
    func begins(with word: [UInt8]) -> Bool {
      rest.count > word.count && rest[rest.startIndex + word.count] == UInt8(ascii: ",") && rest.starts(with: word)
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
