import Glibc

/// Bytes that the system, a user or a file gives as a name, as text: a name on Unix may be any bytes but NUL.
///
/// What is no UTF-8 is refused or passed over, never repaired: the repaired name is that of another file.
public enum SystemText {
  /// The text; `nil` when it is none.
  public static func exact(_ bytes: UnsafePointer<CChar>) -> String? { String(validatingCString: bytes) }

  /// The value of a variable of this process, when it is set and text.
  public static func variable(_ name: String) -> String? { getenv(name).flatMap { exact($0) } }

  /// What is wrong with bytes as text, as the end of a sentence; `nil` when nothing is.
  public static func fault(_ bytes: UnsafePointer<CChar>) -> String? {
    guard String(validatingCString: bytes) == nil else { return nil }
    let all = UnsafeRawBufferPointer(start: bytes, count: strlen(bytes))
    var decoder = UTF8()
    var iterator = all.makeIterator()
    var good = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { good += UTF8.width(scalar) }
    return "is not UTF-8 at byte \(good + 1): '\(shown(all))'"
  }

  /// Bytes for people, in printable ASCII.
  private static func shown(_ bytes: UnsafeRawBufferPointer) -> String {
    bytes.prefix(200).map { byte in
      if (0x20..<0x7f).contains(byte) { return String(Character(Unicode.Scalar(byte))) }
      return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// Where programs are looked for: the directories of `PATH` that are text.
  public static var searchPath: String {
    guard let value = getenv("PATH") else { return "/usr/local/bin:/usr/bin:/bin" }
    if let text = exact(value) { return text }
    let bytes = UnsafeRawBufferPointer(start: value, count: strlen(value))
    return bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      .compactMap { String(validating: $0, as: UTF8.self) }.joined(separator: ":")
  }
}
