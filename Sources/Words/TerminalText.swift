/// Text for people that can do a terminal no harm, whoever wrote the parts of it.
///
/// What the program says itself, as literals, is taken as it is. All that is put into it is foreign, and one line: names,
/// paths, reasons, arguments, what other programs print. Of that, what would move the cursor, change the terminal, turn
/// the direction of the text or hide is shown as its escape (`\n`, `\x1b`, `\u202e`), and a tab as a blank.
///
/// There is no other way from a `String` to a terminal.
public struct TerminalText: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
  public private(set) var text: String

  /// Text of the program itself.
  public init(stringLiteral text: StaticString) { self.text = "\(text)" }

  public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Text of anybody, in one line.
  public init(_ foreign: some StringProtocol) {
    text = ""
    Self.append(foreign, to: &text)
  }

  private init(safe text: String) { self.text = text }

  /// Text of anybody in which line feeds are ends of lines.
  public static func lines(_ foreign: String) -> TerminalText {
    var text = ""
    // By scalars: what ends in CR LF would be one character.
    let lines = foreign.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      if number > 0 { text += "\n" }
      append(Substring(line), to: &text)
    }
    return TerminalText(safe: text)
  }

  public var description: String { text }

  public var isEmpty: Bool { text.isEmpty }

  /// The columns that it takes, in one line.
  public var columns: Int { CellWidth.columns(of: text) }

  /// With blanks to a width, behind it or before it.
  public func padded(to columns: Int, isRight: Bool = false) -> TerminalText {
    let blanks = String(repeating: " ", count: max(0, columns - self.columns))
    return TerminalText(safe: isRight ? blanks + text : text + blanks)
  }

  public static func + (a: TerminalText, b: TerminalText) -> TerminalText { TerminalText(safe: a.text + b.text) }

  public static func += (a: inout TerminalText, b: TerminalText) { a.text += b.text }

  private static func append(_ foreign: some StringProtocol, to text: inout String) {
    // What nearly every text is.
    if foreign.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      text += foreign
      return
    }
    var previous: Unicode.Scalar?
    var marks = 0
    for scalar in foreign.unicodeScalars {
      let kind = CellWidth.kind(of: scalar, after: previous)
      marks = kind == .combining ? marks + 1 : 0
      switch kind {
      case .wide: text.unicodeScalars.append(scalar)
      // A pile of them would lie over other lines.
      case .combining: if marks <= CellWidth.marksPerCharacter { text.unicodeScalars.append(scalar) }
      case .control: text += CellWidth.escape(of: scalar)
      case .invisible: break
      }
      previous = scalar
    }
  }

  /// Literal parts are the program's own; all others are foreign, but for those that are safe already.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text: String

    public init(literalCapacity: Int, interpolationCount: Int) {
      text = ""
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    public mutating func appendLiteral(_ literal: StaticString) { text += "\(literal)" }

    public mutating func appendInterpolation(_ safe: TerminalText) { text += safe.text }

    public mutating func appendInterpolation(_ foreign: some StringProtocol) { TerminalText.append(foreign, to: &text) }

    public mutating func appendInterpolation(_ value: some Any) { TerminalText.append("\(value)", to: &text) }
  }
}

extension Sequence<TerminalText> {
  public func joined(separator: TerminalText = "") -> TerminalText {
    var result: TerminalText = ""
    for (number, part) in enumerated() {
      if number > 0 { result += separator }
      result += part
    }
    return result
  }
}

extension TerminalText {
  /// Lines of JSON in which nothing can harm a terminal: the same values, with escapes. What is no UTF-8 becomes U+FFFD.
  public static func harmlessJSON(_ lines: [UInt8]) -> [UInt8] {
    guard lines.contains(where: { $0 >= 0x7F || $0 < 0x20 && $0 != 0x0A }) else { return lines }
    var result: [UInt8] = []
    result.reserveCapacity(lines.count + 64)
    var previous: Unicode.Scalar?
    for scalar in String(decoding: lines, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\n": result.append(0x0A)
      // They can only be white space.
      case "\t", "\r": result.append(0x20)
      default:
        // It can only be in a text.
        if CellWidth.kind(of: scalar, after: previous) == .control {
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            result += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
          }
        } else {
          result += Array(String(scalar).utf8)
        }
      }
      previous = scalar
    }
    return result
  }
}
