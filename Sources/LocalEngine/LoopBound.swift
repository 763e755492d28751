/// A closure of the loop's thread on its way through another; it is only ever called on the loop.
struct LoopBound<Value>: @unchecked Sendable {
  private let body: (Value) -> Void
  init(_ body: @escaping (Value) -> Void) { self.body = body }
  func callAsFunction(_ value: Value) { body(value) }
}
