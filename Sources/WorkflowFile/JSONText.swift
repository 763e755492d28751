import JSON

/// JSON as YAML that means the same, line by line: the reader of YAML refuses, or reads otherwise, some of what JSON may
/// have in a text (pairs of surrogates, DEL, U+2028), and blanks that JSON allows.
enum JSONText {
  /// - Returns: `text` itself when it is not wholly JSON.
  /// - Throws: `WorkflowErrors` for half of a surrogate pair: a text cannot hold it.
  static func asYAML(_ text: String, path: String) throws(WorkflowErrors) -> String {
    guard let first = text.utf8.first(where: { !" \t\r\n".utf8.contains($0) }),
      first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    else { return text }
    let bytes = Array(text.utf8)
    let isJSON = bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return (try? scanner.value()) != nil && (try? scanner.finish()) != nil
    }
    guard isJSON else { return text }
    let scalars = Array(text.unicodeScalars)
    var writer = Writer(scalars: scalars)
    if let half = writer.write() {
      let before = scalars[..<half]
      let line = before.count { $0 == "\n" } + 1
      let column = half - (before.lastIndex(of: "\n").map { $0 + 1 } ?? 0) + 1
      let escape = String(String.UnicodeScalarView(scalars[half..<half + 6]))
      throw WorkflowErrors([
        WorkflowError(path: path, line: line, column: column, message: "'\(escape)' is half of a character")
      ])
    }
    return String(writer.result)
  }

  private struct Writer {
    let scalars: [Unicode.Scalar]
    var result = String.UnicodeScalarView()

    init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    /// - Returns: where half of a surrogate pair is.
    mutating func write() -> Int? {
      var index = 0
      var blanks: [Unicode.Scalar] = []
      while index < scalars.count {
        let scalar = scalars[index]
        switch scalar {
        case "\"":
          result.append(contentsOf: blanks)
          blanks = []
          if let half = text(&index) { return half }
          continue
        // A key and its colon are on one line, and no tab is among the blanks.
        case "\t": blanks.append(" ")
        case " ", "\r", "\n": blanks.append(scalar)
        case ":": result.append(scalar)
        default:
          result.append(contentsOf: blanks)
          blanks = []
          result.append(scalar)
        }
        index += 1
      }
      result.append(contentsOf: blanks)
      return nil
    }

    /// A text with its quotes. What becomes shorter is followed by blanks, so that columns stay true.
    private mutating func text(_ index: inout Int) -> Int? {
      let start = (index, result.count)
      result.append(scalars[index])
      index += 1
      while index < scalars.count, scalars[index] != "\"" {
        if scalars[index] == "\\", scalars[index + 1] == "u" {
          guard let length = escape(at: index) else { return index }
          index += length
        } else if scalars[index] == "\\" {
          result.append(contentsOf: scalars[index...index + 1])
          index += 2
        } else {
          append(scalars[index])
          index += 1
        }
      }
      result.append("\"")
      index += 1
      let missing = (index - start.0) - (result.count - start.1)
      if missing > 0 { result.append(contentsOf: repeatElement(" ", count: missing)) }
      return nil
    }

    /// What an escape stands for; how long it is, `nil` for half of a pair.
    private mutating func escape(at index: Int) -> Int? {
      guard let code = code(at: index) else { return nil }
      guard (0xD800..<0xE000).contains(code) else {
        result.append(contentsOf: scalars[index..<index + 6])
        return 6
      }
      guard code < 0xDC00, let low = self.code(at: index + 6), (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (code - 0xD800) << 10 + (low - 0xDC00))
      else { return nil }
      result.append(scalar)
      return 12
    }

    private func code(at index: Int) -> UInt32? {
      guard index + 6 <= scalars.count, scalars[index] == "\\", scalars[index + 1] == "u" else { return nil }
      return UInt32(String(String.UnicodeScalarView(scalars[index + 2..<index + 6])), radix: 16)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...:
        result.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        result.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
      }
    }
  }
}
