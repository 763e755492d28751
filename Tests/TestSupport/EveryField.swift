import Testing

/// Checks that a value whose fields are all set comes through a coding as it was, and that they are all set: each field
/// of `full` differs from the one of `plain`, so that a new field fails the test until it has a value here, and until
/// then it is not sure that the coding knows it.
public func expectEveryFieldSurvives<Value: Equatable>(
  _ full: Value, unlike plain: Value, sourceLocation: SourceLocation = #_sourceLocation,
  through coding: (Value) throws -> Value
) rethrows {
  for name in fields(of: full, thatAreAsIn: plain) {
    Issue.record("the sample says nothing of \(Value.self).\(name)", sourceLocation: sourceLocation)
  }
  #expect(try coding(full) == full, sourceLocation: sourceLocation)
  #expect(try coding(plain) == plain, sourceLocation: sourceLocation)
}

/// The names of those fields that are the same in both, with those of structures in structures: `resources.ranks`.
public func fields(of full: Any, thatAreAsIn plain: Any) -> [String] {
  let (a, b) = (Mirror(reflecting: full), Mirror(reflecting: plain))
  return zip(a.children, b.children).flatMap { (child, other) -> [String] in
    let name = child.label ?? ""
    let mirror = Mirror(reflecting: child.value)
    if mirror.displayStyle == .struct, mirror.subjectType == Mirror(reflecting: other.value).subjectType,
      !mirror.children.isEmpty
    {
      let inner = fields(of: child.value, thatAreAsIn: other.value)
      // A structure of the standard library, as `String`, is one value.
      return inner.count == mirror.children.count && "\(child.value)" != "\(other.value)"
        ? [] : inner.map { "\(name).\($0)" }
    }
    return String(reflecting: child.value) == String(reflecting: other.value) ? [name] : []
  }
}
