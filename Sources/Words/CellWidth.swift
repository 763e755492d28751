/// How many columns a character takes, and which characters may reach a terminal as they are; for screens and verbs alike.
///
/// A table of our own and not `wcwidth`: layout must not depend on the locale of the process.
public enum CellWidth {
  /// What becomes of one scalar on a terminal.
  public enum Kind: Equatable, Sendable {
    /// Takes this many columns: 1 or 2.
    case wide(Int)
    /// Joins the character before it.
    case combining
    /// Only says how its neighbours look, as in an emoji: it is left out.
    case invisible
    /// Must never reach a terminal, for it would move the cursor, turn the direction of the text, or hide: its escape is
    /// shown in its place.
    case control
  }

  /// Marks that a character may carry; a cell of ncurses holds five code points.
  public static let marksPerCharacter = 4

  /// - Parameter previous: the scalar before it in its text.
  public static func kind(of scalar: Unicode.Scalar, after previous: Unicode.Scalar? = nil) -> Kind {
    let value = scalar.value
    if value < 0x7F { return value < 0x20 ? .control : .wide(1) }
    if value < 0xA0 { return .control }
    if value < 0x300 { return value == 0xAD ? .control : .wide(1) }
    let properties = scalar.properties
    // Also some that the table below takes for wide, as the fillers of Hangul.
    if properties.isDefaultIgnorableCodePoint { return isJoiner(value, after: previous) ? .invisible : .control }
    if value >= 0x1100, isWide(value) { return .wide(2) }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return .combining
    case .format, .lineSeparator, .paragraphSeparator, .control, .surrogate: return .control
    default: break
    }
    // Medial vowels and final consonants of Hangul join the syllable before them.
    if (0x1160...0x11FF).contains(value) { return .combining }
    return .wide(1)
  }

  /// Whether it does what it is there for: chooses the look of an emoji, or joins emoji, or letters of the scripts from
  /// Arabic to Lao. Anywhere else it would make two different names look alike.
  private static func isJoiner(_ value: UInt32, after previous: Unicode.Scalar?) -> Bool {
    guard let previous, previous.value >= 0x80 else { return false }
    let isEmoji = previous.properties.isEmoji
    switch value {
    case 0xFE0E, 0xFE0F: return isEmoji
    case 0x200D: return isEmoji || previous.value == 0xFE0F || (0x600..<0xF00).contains(previous.value)
    case 0x200C: return (0x600..<0xF00).contains(previous.value)
    default: return false
    }
  }

  /// How a scalar is shown that must not reach a terminal, in ASCII: `\n`, `\x1b`, `\u202e`, `\U000e0041`. A tab is a
  /// blank.
  public static func escape(of scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\t": return " "
    case "\n": return "\\n"
    case "\r": return "\\r"
    default:
      let digits = String(scalar.value, radix: 16)
      let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
      return "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
    }
  }

  /// The columns of an escape.
  private static func escapeColumns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar {
    case "\t": 1
    case "\n", "\r": 2
    default: scalar.value < 0x100 ? 4 : scalar.value < 0x10000 ? 6 : 10
    }
  }

  /// The columns that a scalar adds to its text, as it is shown.
  public static func columns(of scalar: Unicode.Scalar, after previous: Unicode.Scalar?) -> Int {
    switch kind(of: scalar, after: previous) {
    case .wide(let width): width
    case .control: escapeColumns(scalar)
    case .combining, .invisible: 0
    }
  }

  /// The columns a text takes, as it is shown.
  public static func columns(of text: some StringProtocol) -> Int {
    var total = 0
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      total += columns(of: scalar, after: previous)
      previous = scalar
    }
    return total
  }

  private static func isWide(_ value: UInt32) -> Bool {
    var low = 0
    var high = wideRanges.count - 1
    while low <= high {
      let middle = (low + high) / 2
      if value < wideRanges[middle].lowerBound {
        high = middle - 1
      } else if value > wideRanges[middle].upperBound {
        low = middle + 1
      } else {
        return true
      }
    }
    return false
  }

  /// East Asian Wide and Fullwidth of Unicode 15, neighbouring blocks joined.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
    0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1,
    0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA,
    0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
    0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
    0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E,
    0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF,
    0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F265,
    0x1F300...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C, 0x1F37E...0x1F393, 0x1F3A0...0x1F3CA,
    0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4, 0x1F3F8...0x1F43E, 0x1F440...0x1F440,
    0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567, 0x1F57A...0x1F57A,
    0x1F595...0x1F596, 0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC,
    0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6D7, 0x1F6DC...0x1F6DF, 0x1F6EB...0x1F6EC, 0x1F6F4...0x1F6FC,
    0x1F7E0...0x1F7EB, 0x1F7F0...0x1F7F0, 0x1F90C...0x1F93A, 0x1F93C...0x1F945, 0x1F947...0x1F9FF,
    0x1FA70...0x1FAFF, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
  ]
}
