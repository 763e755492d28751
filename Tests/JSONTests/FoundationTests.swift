import Foundation
import TestSupport
import Testing

@testable import JSON

/// Beside Foundation's reader: the same texts are taken, and with the same values. A million of them with
/// SCALEMS_FUZZ=1000000.
@Suite struct FoundationTests {
  private static let rounds = ProcessInfo.processInfo.environment["SCALEMS_FUZZ"].flatMap { Int($0) } ?? 20_000
  private static let shards = 10

  @Test(arguments: 0..<UInt64(shards)) func `both take and refuse the same`(_ seed: UInt64) async throws {
    var numbers = SeededNumbers(seed)
    var outcomes = (taken: 0, refused: 0)
    for round in 0..<(Self.rounds / Self.shards) {
      if round % 100 == 0 { await Task.yield() }
      var bytes = Array(Self.text(&numbers, depth: 4).utf8)
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: break
      case 1: bytes = Array(Self.soup(&numbers).utf8)
      default: bytes = mutated([bytes, Array(Self.soup(&numbers).utf8)], most: 3, using: &numbers)
      }
      compare(bytes, &outcomes)
    }
    // Neither all refused nor all taken: the loop reaches both ways through the reader.
    #expect(outcomes.taken > Self.rounds / Self.shards / 10 && outcomes.refused > Self.rounds / Self.shards / 10)
  }

  private func compare(_ bytes: [UInt8], _ outcomes: inout (taken: Int, refused: Int)) {
    let (ours, isPassed) = bytes.withUnsafeBytes { bytes in
      var (pulling, passing) = (JSONScanner(bytes), JSONScanner(bytes))
      var value = try? JSONValue(&pulling)
      if (try? pulling.finish()) == nil { value = nil }
      return (value, (try? passing.value()) != nil && (try? passing.finish()) != nil)
    }
    if ours != nil { outcomes.taken += 1 } else { outcomes.refused += 1 }
    // It has these on purpose: UTF-16 and a byte order mark are guessed, halves of surrogate pairs are refused, and what
    // is no UTF-8. The last we read as the text that Swift makes of it, see `JSONScanner`.
    let text = String(decoding: bytes, as: UTF8.self)
    guard !bytes.contains(0), !text.hasPrefix("\u{feff}"), !text.lowercased().contains("\\ud") else { return }
    let theirs = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    // Not every number is one to it: its other reader is asked then. Both take a comma before a brace.
    if (ours != nil) != (theirs != nil), ours != nil || text.firstMatch(of: /,\s*}/) == nil {
      let others = try? JSONDecoder().decode(AnyValue.self, from: Data(text.utf8))
      #expect((ours != nil) == (others != nil), "\(text.debugDescription)")
    }
    // What is passed over and becomes no value has a number that no Double holds.
    #expect(isPassed == (ours != nil) || isPassed && text.utf8.contains { $0 | 0x20 == 0x65 })
    if let ours, let theirs { #expect(Self.isEqual(ours, theirs), "\(text.debugDescription)") }
  }

  private static func isEqual(_ ours: JSONValue, _ theirs: Any) -> Bool {
    switch (ours, theirs) {
    case (.null, is NSNull): true
    case (.bool(let a), let b as Bool): a == b
    case (.string(let a), let b as String): a == b
    case (.int(let a), let b as NSNumber): Double(a) == b.doubleValue
    // Its decimal numbers are less exact than ours.
    case (.double(let a), let b as NSNumber): abs(a - b.doubleValue) <= abs(a) * 1e-14
    case (.array(let a), let b as [Any]): a.count == b.count && zip(a, b).allSatisfy { isEqual($0, $1) }
    case (.object(let a), let b as [String: Any]):
      a.count == b.count && a.allSatisfy { name, value in b[name].map { isEqual(value, $0) } ?? false }
    default: false
    }
  }

  /// Any JSON, for `JSONDecoder`.
  private struct AnyValue: Decodable {
    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() || (try? value.decode(Bool.self)) != nil || (try? value.decode(Double.self)) != nil
        || (try? value.decode(String.self)) != nil || (try? value.decode([AnyValue].self)) != nil
      {
        return
      }
      _ = try value.decode([String: AnyValue].self)
    }
  }

  // MARK: Texts

  /// A text that is JSON, with white space anywhere.
  private static func text(_ numbers: inout SeededNumbers, depth: Int) -> String {
    func space(_ numbers: inout SeededNumbers) -> String {
      ["", "", "", " ", "\n", "\t\r "].randomElement(using: &numbers) ?? ""
    }
    let count = Int.random(in: 0..<4, using: &numbers)
    let value: String
    switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &numbers) {
    case 0: value = ["null", "true", "false"].randomElement(using: &numbers) ?? ""
    case 1: value = scalars.randomElement(using: &numbers) ?? ""
    case 2: value = strings.randomElement(using: &numbers) ?? ""
    case 3:
      value = "[" + (0..<count).map { _ in text(&numbers, depth: depth - 1) }.joined(separator: ",") + "]"
    default:
      // Foundation takes the first of two members with one name, we the last.
      let members = (0..<count).map { "\"k\($0)\"" + space(&numbers) + ":" + text(&numbers, depth: depth - 1) }
      value = "{" + members.joined(separator: "," + space(&numbers)) + space(&numbers) + "}"
    }
    return space(&numbers) + value + space(&numbers)
  }

  /// Parts of JSON in no order.
  private static func soup(_ numbers: inout SeededNumbers) -> String {
    let parts = [
      "{", "}", "[", "]", ",", ":", " ", "\"a\"", "1", "-", "0", ".", "e", "+", "null", "true", "\"", "\\", "u",
    ]
    return (0..<Int.random(in: 0..<9, using: &numbers)).map { _ in parts.randomElement(using: &numbers) ?? "" }.joined()
  }

  private static let scalars = [
    "0", "-0", "1", "-17", "0.5", "-0.25", "1e5", "1.5E-3", "123456789", "1e+2", "100000000000000000000", "0.1", "1e-7",
    "9007199254740993", "9223372036854775807", "-9223372036854775808", "2.2250738585072014e-308", "1e308",
  ]
  private static let strings =
    hostileTexts.map { JSONValue.string($0).json } + [
      #""\u0041\u00e9\u65e5""#, #""\ud83d\udc69""#, #""\/\b\f\n\r\t""#, #""a\u0000b""#, #""\\u0041""#,
    ]
}
