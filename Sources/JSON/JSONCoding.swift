/// How values of a type are written as JSON and read from it: both directions in one place.
@frozen public struct JSONCoding<Value>: Sendable {
  public typealias Reading = @Sendable (inout JSONScanner) throws -> Value
  public typealias Writing = @Sendable (Value, inout JSONWriter) -> Void

  /// Takes the next value of the scanner.
  public let read: Reading
  public let write: Writing

  @inlinable public init(read: @escaping Reading, write: @escaping Writing) {
    self.read = read
    self.write = write
  }

  /// The whole of `bytes`.
  @inlinable public func value(_ bytes: UnsafeRawBufferPointer) throws -> Value {
    var scanner = JSONScanner(bytes)
    let value = try read(&scanner)
    try scanner.finish()
    return value
  }

  /// The whole of `bytes`.
  @inlinable public func value(_ bytes: [UInt8]) throws -> Value { try bytes.withUnsafeBytes { try value($0) } }

  /// The same JSON for values of another type.
  ///
  /// - Parameter make: returns `nil` for what is no such value.
  @inlinable public func map<Other>(
    expected: StaticString, _ make: @escaping @Sendable (Value) -> Other?, _ raw: @escaping @Sendable (Other) -> Value
  ) -> JSONCoding<Other> {
    JSONCoding<Other>(
      read: { scanner in
        let ahead = scanner
        guard let value = make(try read(&scanner)) else { throw ahead.failure(expected) }
        return value
      }, write: { write(raw($0), &$1) })
  }
}

extension JSONCoding where Value == String {
  public static let text = JSONCoding(read: { try $0.string().text }, write: { $1.string($0) })
}

extension JSONCoding where Value == Bool {
  public static let flag = JSONCoding(read: { try $0.boolean() }, write: { $1.boolean($0) })
}

extension JSONCoding where Value: FixedWidthInteger & Sendable {
  @inlinable public static var integer: JSONCoding {
    JSONCoding(
      read: { scanner in
        let ahead = scanner
        guard let value = Value(exactly: try scanner.integer()) else { throw ahead.failure("a number in range") }
        return value
      }, write: { $1.integer($0) })
  }
}

extension JSONCoding where Value == Double {
  /// To the last digit.
  public static let number = JSONCoding(read: { try $0.number() }, write: { $1.number($0) })
  /// To the microsecond, as in the events of tasks.
  public static let seconds = JSONCoding(read: { try $0.seconds() }, write: { $1.seconds($0) })
  /// Seconds, to the microsecond; infinity is `null`.
  public static let limit = JSONCoding(
    read: { try $0.isNull() ? .infinity : $0.seconds() }, write: { $1.seconds($0) })
}

extension JSONCoding where Value == JSONValue {
  public static let any = JSONCoding(read: { try JSONValue(&$0) }, write: { $1.value($0) })
}

extension JSONCoding where Value == JSONText {
  public static let checked = JSONCoding(read: { JSONText(try $0.value()) }, write: { $1.json($0) })
}

extension JSONCoding {
  @inlinable public static func list<Element: Sendable>(_ element: JSONCoding<Element>) -> JSONCoding
  where Value == [Element] {
    JSONCoding(
      read: { scanner in
        var values: [Element] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
          do { values.append(try element.read(&scanner)) } catch {
            throw JSONError(error, in: .element(values.count))
          }
        }
        return values
      },
      write: { values, writer in
        writer.beginArray()
        for value in values { element.write(value, &writer) }
        writer.endArray()
      })
  }

  /// An object with any keys, written in their order; of members with one name the last counts.
  @inlinable public static func map<Member: Sendable>(
    _ member: JSONCoding<Member>
  ) -> JSONCoding where Value == [String: Member] {
    JSONCoding(
      read: { scanner in
        var values: [String: Member] = [:]
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
          let name = key.text
          do { values[name] = try member.read(&scanner) } catch { throw JSONError(error, in: .member(name)) }
        }
        return values
      },
      write: { values, writer in
        writer.beginObject()
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
          writer.key(name)
          member.write(value, &writer)
        }
        writer.endObject()
      })
  }
}

extension JSONCoding where Value: RawRepresentable & Sendable, Value.RawValue == String {
  /// One of a few words.
  @inlinable public static var word: JSONCoding {
    JSONCoding(
      read: { scanner in
        let text = try scanner.string().text
        guard let value = Value(rawValue: text) else {
          throw JSONError([], "cannot be '\(text.shortened(to: 60))'")
        }
        return value
      }, write: { $1.string($0.rawValue) })
  }
}
