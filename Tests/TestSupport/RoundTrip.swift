/// The stored properties in which two values agree: of a value with every field set, and one with none, there is no such
/// property. So a test of "every field" learns of a field that was added.
public func fieldsAlike<T>(_ full: T, _ empty: T) -> [String] {
  zip(Mirror(reflecting: full).children, Mirror(reflecting: empty).children).compactMap { full, empty in
    String(reflecting: full.value) == String(reflecting: empty.value) ? full.label : nil
  }
}
