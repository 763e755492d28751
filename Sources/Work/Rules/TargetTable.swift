/// Who writes which place: a place with `{member}` stands for as many as its ensemble has members, and is kept once.
struct TargetTable: Sendable {
  struct Entry: Sendable {
    /// The place of an item among others.
    var owner: Int
    /// How many members `{member}` stands for; 1 without.
    var count: Int
    var isDirectory: Bool
  }

  private static var member: String { "{member}" }

  private var exact: [String: Entry] = [:]
  /// Places with `{member}` more than once: rare, so that all of them are looked through.
  private var repeated: [String] = []
  private var hasMembers = false
  /// What names with `{member}` are compared with, by what they have in common.
  private var shapes: [[UInt8]: [(key: String, name: MemberName)]] = [:]
  /// Names that are compared in all, so that no workflow takes long to check.
  private static let comparisonLimit = 1_000_000
  var count: Int { exact.count }

  mutating func insert(_ key: String, _ entry: Entry) {
    if exact.updateValue(entry, forKey: key) == nil {
      let name = MemberName(key)
      // What has no digit can only be met by the same text.
      if name.shape.contains(0) { shapes[name.shape, default: []].append((key, name)) }
    }
    guard key.utf8.contains(UInt8(ascii: "{")), let first = key.firstRange(of: Self.member) else { return }
    hasMembers = true
    if key[first.upperBound...].firstRange(of: Self.member) != nil { repeated.append(key) }
  }

  /// Who writes a place already. It takes no time that grows with the members.
  func entry(at key: String) -> Entry? {
    if let entry = exact[key] { return entry }
    guard hasMembers, !key.contains(Self.member) else { return nil }
    // A name with a number may be one of a member's: `out.3` of `out.{member}`.
    let bytes = Array(key.utf8)
    for start in bytes.indices where isDigit(bytes[start]) {
      var end = start
      while end < bytes.count, isDigit(bytes[end]), end - start < 9 {
        end += 1
        // Numbers of members have no zeros in front.
        if end - start > 1, bytes[start] == UInt8(ascii: "0") { break }
        let number = Int(String(decoding: bytes[start..<end], as: UTF8.self)) ?? .max
        let template =
          String(decoding: bytes[..<start], as: UTF8.self) + Self.member
          + String(decoding: bytes[end...], as: UTF8.self)
        if let entry = exact[template], number < entry.count { return entry }
        for template in repeated where template.replacing(literal: Self.member, with: String(number)) == key {
          if let entry = exact[template], number < entry.count { return entry }
        }
      }
    }
    return nil
  }

  /// Who writes a place already that is one of those which a name with `{member}` stands for, and for which members.
  ///
  /// - Parameters:
  ///   - count: how many members it stands for.
  ///   - isSpared: of whom it does not matter.
  ///   - comparisons: so many were made by whoever checks; more than the limit are not.
  func meeting(
    _ key: String, _ count: Int, _ comparisons: inout Int, sparing isSpared: (Entry) -> Bool
  ) -> (entry: Entry, members: MemberName.Meeting)? {
    let name = MemberName(key)
    for other in shapes[name.shape] ?? [] where comparisons < Self.comparisonLimit {
      comparisons += 1
      guard other.key != key, let entry = exact[other.key],
        let members = name.meets(other.name, count, entry.count), !isSpared(entry)
      else { continue }
      return (entry, members)
    }
    return nil
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

extension StringProtocol {
  fileprivate func firstRange(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
