import Work

/// Spellings of numbers that programs read in different ways: `010` is 10 or 8, `1_000` a number or a text.
enum NumberSpelling {
  /// Why a plain scalar may be read in two ways, as the end of a sentence about it; `nil` when it may not.
  ///
  /// - Parameters:
  ///   - isDuration: whether a unit may follow.
  ///   - isExponentFine: whether the number need not be whole.
  static func fault(of text: String, isDuration: Bool = false, isExponentFine: Bool = false) -> String? {
    var digits = text.utf8[...]
    if let sign = digits.first, "+-".utf8.contains(sign) { digits.removeFirst() }
    let sign = String(text.utf8.prefix(text.utf8.count - digits.count)) ?? ""
    if isDuration, let unit = digits.last, "smhd".utf8.contains(unit) { digits.removeLast() }
    let unit = String(text.utf8.suffix(text.utf8.count - sign.utf8.count - digits.count)) ?? ""
    guard let body = String(digits), !body.isEmpty else { return nil }
    func refuse(_ why: String, _ plain: String?) -> String {
      let advice = plain.map { "write \(sign)\($0)\(unit)" } ?? "write it in decimal digits"
      return "is ambiguous: '\(shortened(text))' \(why); \(advice)"
    }
    if let (base, name) = base(of: body) {
      return refuse("is \(name) to some programs", Int(body.dropFirst(2), radix: base).map(String.init))
    }
    if isGrouped(body) {
      let plain = withoutZeros(body.filter { $0 != "_" })
      return refuse("with '_' is a number to some programs and a text to others", plain)
    }
    if body.utf8.count > 1, body.utf8.first == UInt8(ascii: "0"), isDecimal(body) {
      return refuse("with a 0 in front is octal to some programs", withoutZeros(body))
    }
    if !isDuration, !isExponentFine, body.utf8.contains(where: { "eE".utf8.contains($0) }),
      let whole = Double(body).flatMap({ Int(exactly: $0) })
    {
      return refuse("with an exponent is no whole number to some programs", String(whole))
    }
    return nil
  }

  /// `0x10`, `0o17`, `0b11`.
  private static func base(of body: String) -> (Int, String)? {
    let known: [(String, Int, String)] = [("0x", 16, "hexadecimal"), ("0o", 8, "octal"), ("0b", 2, "binary")]
    guard let (_, base, name) = known.first(where: { body.lowercased().hasPrefix($0.0) }) else { return nil }
    let digits = body.utf8.dropFirst(2)
    let isRight = !digits.isEmpty && digits.allSatisfy { $0 == UInt8(ascii: "_") || isDigit($0, base: base) }
    return isRight ? (base, name) : nil
  }

  private static func isDigit(_ byte: UInt8, base: Int) -> Bool {
    String(UnicodeScalar(byte)).count == 1 && Int(String(UnicodeScalar(byte)), radix: base) != nil
  }

  /// `1_000`.
  private static func isGrouped(_ body: String) -> Bool {
    guard body.utf8.contains(UInt8(ascii: "_")), let first = body.utf8.first, isDigit(first, base: 10) else {
      return false
    }
    return body.utf8.allSatisfy { isDigit($0, base: 10) || "_.".utf8.contains($0) }
  }

  /// `010`, `00`, `01.5`.
  private static func isDecimal(_ body: String) -> Bool {
    let whole = body.utf8.prefix { $0 != UInt8(ascii: ".") }
    let fraction = body.utf8.dropFirst(whole.count + 1)
    return whole.count > 1 && (whole.allSatisfy { isDigit($0, base: 10) })
      && fraction.allSatisfy { isDigit($0, base: 10) }
  }

  private static func withoutZeros(_ body: String) -> String? {
    let rest = body.drop { $0 == "0" }
    return rest.isEmpty || rest.first == "." ? "0" + rest : String(rest)
  }
}
