import JSON
import SessionModel

/// The members of an object of JSON, read when they are asked for; one of an unexpected type is as good as none.
///
/// Use only while the bytes are lent that it was made of.
struct JSONMembers {
  private var list: [(key: JSONScanner.Token, value: JSONScanner.Token)] = []

  /// - Throws: `JSONScanner.Failure` when the bytes are no object.
  init(_ bytes: UnsafeRawBufferPointer) throws(JSONScanner.Failure) {
    var scanner = JSONScanner(bytes)
    try scanner.beginObject()
    list.reserveCapacity(8)
    while let key = try scanner.nextKey() { list.append((key, try scanner.value())) }
    try scanner.finish()
  }

  func has(_ name: StaticString) -> Bool { bytes(name) != nil }

  func text(_ name: StaticString) -> String? { whole(name) { try $0.string().text } }

  func integer<Number: FixedWidthInteger>(_ name: StaticString) -> Number? {
    whole(name) { try $0.integer() }.flatMap(Number.init(exactly:))
  }

  func isTrue(_ name: StaticString) -> Bool { whole(name) { try $0.boolean() } ?? false }

  /// A number of seconds since the epoch.
  func time(_ name: StaticString) -> Timestamp? {
    whole(name) { try $0.microseconds() }.map(Timestamp.init(microseconds:))
  }

  func texts(_ name: StaticString) -> [String]? {
    whole(name) { scanner in
      var texts: [String] = []
      try scanner.beginArray()
      while try scanner.nextElement() { texts.append(try scanner.string().text) }
      return texts
    }
  }

  func object(_ name: StaticString) -> JSONMembers? { bytes(name).flatMap { try? JSONMembers($0) } }

  /// Those members that are numbers.
  var numbers: [String: Double] {
    var result: [String: Double] = [:]
    for (key, value) in list {
      // Python also has NaN and Infinity, which are no numbers of anything.
      if let number = Double(value.text), number.isFinite { result[key.text] = number }
    }
    return result
  }

  private func bytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
    for (key, value) in list where key.equals(name) { return value.bytes }
    return nil
  }

  /// What `read` makes of a member, all of it.
  private func whole<Value>(_ name: StaticString, _ read: (inout JSONScanner) throws -> Value) -> Value? {
    guard let bytes = bytes(name) else { return nil }
    var scanner = JSONScanner(bytes)
    guard let value = try? read(&scanner), (try? scanner.finish()) != nil else { return nil }
    return value
  }
}
