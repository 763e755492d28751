/// A value of JSON that was checked, as text on one line: what may stand as it is in other JSON.
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
  public let text: String

  public var description: String { text }

  /// - Throws: `JSONScanner.SyntaxError` when the text is not one value of JSON.
  public init(_ text: String) throws(JSONScanner.SyntaxError) {
    let failure = Array(text.utf8).withUnsafeBytes { bytes -> JSONScanner.SyntaxError? in
      var scanner = JSONScanner(bytes)
      do throws(JSONScanner.SyntaxError) {
        _ = try scanner.value()
        try scanner.finish()
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
    self.text = Self.onOneLine(text)
  }

  public init(_ value: JSONScanner.Value) { text = Self.onOneLine(value.json) }

  /// In JSON that was checked, a line feed is white space between values.
  private static func onOneLine(_ text: String) -> String {
    guard text.utf8.contains(0x0a) else { return text }
    return String(decoding: text.utf8.map { $0 == 0x0a ? 0x20 : $0 }, as: UTF8.self)
  }
}
