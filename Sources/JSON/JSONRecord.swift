/// How a structure is an object of JSON: a table with one line a member, for both directions.
@frozen public struct JSONRecord<Root: Sendable>: Sendable {
  @usableFromInline let initial: Root
  @usableFromInline let fields: [JSONField<Root>]

  /// - Parameters:
  ///   - initial: what a member that is absent leaves as it is.
  ///   - fields: at most 64, in the order in which they are written.
  @inlinable public init(_ initial: Root, _ fields: JSONField<Root>...) {
    self.initial = initial
    self.fields = fields
  }

  @inlinable public var coding: JSONCoding<Root> {
    JSONCoding(
      read: { try read(&$0) },
      write: { root, writer in
        writer.beginObject()
        write(root, to: &writer)
        writer.endObject()
      })
  }

  /// Appends the members to the object that is open.
  @inlinable public func write(_ root: Root, to writer: inout JSONWriter) {
    withUnsafePointer(to: root) { root in
      withUnsafePointer(to: initial) { initial in
        for field in fields { field.write(root, initial, &writer) }
      }
    }
  }

  /// Takes the next value of the scanner.
  @inlinable public func read(_ scanner: inout JSONScanner) throws -> Root {
    var root = initial
    var seen: UInt64 = 0
    var next = 0
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      guard let index = index(of: key, from: next) else {
        if scanner.refusesUnknownMembers {
          throw JSONError([.member(key.text)], "is unknown to this version of the program")
        }
        _ = try scanner.value()
        continue
      }
      seen |= 1 << UInt64(index)
      next = index + 1
      do { try fields[index].read(&root, &scanner) } catch {
        throw JSONError(error, in: .member(fields[index].name.description))
      }
    }
    for (index, field) in fields.enumerated() where field.isRequired && seen & 1 << UInt64(index) == 0 {
      throw JSONError.missing(field.name.description)
    }
    return root
  }

  /// What was written by such a table comes in its order.
  @inlinable func index(of key: JSONScanner.Token, from next: Int) -> Int? {
    if next < fields.count, key.equals(fields[next].name) { return next }
    return fields.firstIndex { key.equals($0.name) }
  }
}

/// One member of an object and the property that it is.
@frozen public struct JSONField<Root: Sendable>: Sendable {
  @usableFromInline let name: StaticString
  @usableFromInline let isRequired: Bool
  @usableFromInline let read: @Sendable (inout Root, inout JSONScanner) throws -> Void
  /// With the value whose members may be left out, when the writer leaves out what reads back by itself.
  @usableFromInline let write: @Sendable (UnsafePointer<Root>, _ initial: UnsafePointer<Root>, inout JSONWriter) -> Void

  @inlinable init(
    name: StaticString, isRequired: Bool, read: @escaping @Sendable (inout Root, inout JSONScanner) throws -> Void,
    write: @escaping @Sendable (UnsafePointer<Root>, _ initial: UnsafePointer<Root>, inout JSONWriter) -> Void
  ) {
    (self.name, self.isRequired, self.read, self.write) = (name, isRequired, read, write)
  }

  public typealias Property<Value> = WritableKeyPath<Root, Value> & Sendable

  /// A member that is always written, and may be absent.
  @inlinable public static func field<Value: Equatable & Sendable>(
    _ name: StaticString, _ property: Property<Value>, _ coding: JSONCoding<Value>
  ) -> JSONField {
    let get = Self.getter(property)
    return JSONField(
      name: name, isRequired: false, read: { $0[keyPath: property] = try coding.read(&$1) },
      write: { root, initial, writer in
        let value = get(root)
        if writer.omitsDefaults, value == get(initial) { return }
        writer.member(name, value, coding)
      })
  }

  /// A member that must be there.
  @inlinable public static func required<Value>(
    _ name: StaticString, _ property: Property<Value>, _ coding: JSONCoding<Value>
  ) -> JSONField {
    let get = Self.getter(property)
    return JSONField(
      name: name, isRequired: true, read: { $0[keyPath: property] = try coding.read(&$1) },
      write: { root, _, writer in writer.member(name, get(root), coding) })
  }

  /// A member that is left out when it is `nil`; `null` is `nil`, too.
  @inlinable public static func optional<Value>(
    _ name: StaticString, _ property: Property<Value?>, _ coding: JSONCoding<Value>
  ) -> JSONField {
    let get = Self.getter(property)
    return JSONField(
      name: name, isRequired: false,
      read: { $0[keyPath: property] = try $1.isNull() ? nil : coding.read(&$1) },
      write: { root, _, writer in
        if let value = get(root) { writer.member(name, value, coding) }
      })
  }

  /// A member that is left out when there is nothing in it.
  @inlinable public static func nonEmpty<Value: Collection & Sendable>(
    _ name: StaticString, _ property: Property<Value>, _ coding: JSONCoding<Value>
  ) -> JSONField {
    let get = Self.getter(property)
    return JSONField(
      name: name, isRequired: false, read: { $0[keyPath: property] = try coding.read(&$1) },
      write: { root, _, writer in
        let value = get(root)
        if !value.isEmpty { writer.member(name, value, coding) }
      })
  }

  /// Reads the property where it lies, when it is a stored one: a key path copies the whole structure each time, which
  /// is most of the time that a description takes.
  @inlinable static func getter<Value>(_ property: Property<Value>) -> @Sendable (UnsafePointer<Root>) -> Value {
    guard let offset = MemoryLayout<Root>.offset(of: property) else { return { $0.pointee[keyPath: property] } }
    return { (UnsafeRawPointer($0) + offset).assumingMemoryBound(to: Value.self).pointee }
  }
}
