/// What the sequences behind ESC [ and ESC O mean. A key with a modifier is another key, and none of ours.
enum ControlSequence {
  /// ESC O and this byte.
  static func single(_ byte: UInt8) -> InputEvent {
    if let key = cursor(byte) { return key }
    return switch byte {
    case UInt8(ascii: "M"): .enter
    case UInt8(ascii: "I"): .tab
    case UInt8(ascii: "X"): .character("=")
    case UInt8(ascii: "j")...UInt8(ascii: "o"): .character(Character(Unicode.Scalar(byte - 0x40)))
    case UInt8(ascii: "p")...UInt8(ascii: "y"): .character(Character(Unicode.Scalar(byte - 0x40)))
    case UInt8(ascii: " "): .character(" ")
    default: .unknown
    }
  }

  /// ESC [, these bytes, and this last one.
  static func event(parameters: [UInt8], _ final: UInt8) -> InputEvent {
    guard let first = parameters.first else {
      // st sends Delete so, which is F1 elsewhere.
      return final == UInt8(ascii: "P") ? .unknown : cursor(final) ?? .unknown
    }
    guard first < 0x3C, let numbers = Numbers(parameters) else { return .unknown }
    // st without its application mode sends Insert so.
    if final == UInt8(ascii: "h"), numbers.only == 4 { return .insert }
    switch final {
    case UInt8(ascii: "~"):
      // modifyOtherKeys of xterm.
      if numbers[0] == 27, numbers.count == 3 {
        guard numbers.isPlain else { return .unknown }
        return character(code: numbers[2], shifted: nil, text: nil, isShift: numbers.isShift)
      }
      return numbers.count < 3 && numbers.isBare ? numbered(numbers[0]) : .unknown
    case UInt8(ascii: "u"):
      guard numbers.isPlain, numbers.event != 3 else { return .unknown }
      return character(
        code: numbers[0], shifted: numbers.alternative, text: numbers.count > 2 ? numbers[2] : nil,
        isShift: numbers.isShift)
    // A report of the cursor's place, or F3 with a modifier.
    case UInt8(ascii: "R"): return .unknown
    default:
      guard numbers[0] == 1, numbers.count == 2, numbers.isBare else { return .unknown }
      return cursor(final) ?? .unknown
    }
  }

  private static func cursor(_ final: UInt8) -> InputEvent? {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "P"): .function(1)
    case UInt8(ascii: "Q"): .function(2)
    case UInt8(ascii: "R"): .function(3)
    case UInt8(ascii: "S"): .function(4)
    case UInt8(ascii: "Z"): .backTab
    default: nil
    }
  }

  private static func numbered(_ number: Int) -> InputEvent {
    switch number {
    case 1, 7: .home
    case 2: .insert
    case 3: .delete
    case 4, 8: .end
    case 5: .pageUp
    case 6: .pageDown
    case 11...15: .function(number - 10)
    case 17...21: .function(number - 11)
    case 23, 24: .function(number - 12)
    default: .unknown
    }
  }

  /// A key by its code, as kitty and xterm's modifyOtherKeys send it.
  private static func character(code: Int, shifted: Int?, text: Int?, isShift: Bool) -> InputEvent {
    let named: InputEvent? =
      switch code {
      case 8, 127: .backspace
      case 9: isShift ? .backTab : .tab
      case 13, 57414: .enter
      case 27: .escape
      case 57399...57408: .character(Character(Unicode.Scalar(UInt8(code - 57399 + 48))))
      case 57417: .left
      case 57418: .right
      case 57419: .up
      case 57420: .down
      case 57421: .pageUp
      case 57422: .pageDown
      case 57423: .home
      case 57424: .end
      case 57425: .insert
      case 57426: .delete
      default: nil
      }
    if let named { return isShift && named != .backTab ? .unknown : named }
    guard 32..<57344 ~= code, !(127..<160 ~= code), let scalar = Unicode.Scalar(UInt32(code)) else { return .unknown }
    guard isShift else { return .character(Character(scalar)) }
    // What Shift makes of the key, not the key.
    if let written = [text, shifted].lazy.compactMap({ $0 }).first(where: { $0 > 31 }) {
      guard !(127..<160 ~= written), let scalar = UInt32(exactly: written).flatMap(Unicode.Scalar.init) else {
        return .unknown
      }
      return .character(Character(scalar))
    }
    let upper = String(scalar).uppercased()
    return .character(upper.count == 1 ? Character(upper) : Character(scalar))
  }
}

/// The numbers of a sequence: `key:shifted ; modifiers:event ; text`.
private struct Numbers {
  private let fields: [[Int]]

  init?(_ bytes: [UInt8]) {
    var fields: [[Int]] = []
    for field in bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
      var numbers: [Int] = []
      for part in field.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
        guard part.count < 8, part.allSatisfy(ControlByte.isDigit) else { return nil }
        numbers.append(part.isEmpty ? -1 : part.reduce(0) { $0 * 10 + Int($1) - 48 })
      }
      fields.append(numbers)
    }
    self.fields = fields
  }

  var count: Int { fields.count }
  subscript(index: Int) -> Int { index < fields.count ? fields[index].first ?? -1 : -1 }
  /// The number, when it is the only one.
  var only: Int? { count == 1 && fields[0].count == 1 ? fields[0][0] : nil }
  var alternative: Int? { fields[0].count > 1 ? fields[0][1] : nil }
  /// 1 a press, 2 a repetition, 3 a release.
  var event: Int { count > 1 && fields[1].count > 1 ? fields[1][1] : 1 }

  /// Shift 1, Alt 2, Ctrl 4, Super 8, Hyper 16, Meta 32; the locks do not count.
  private var modifiers: Int { count > 1 ? (max(self[1], 1) - 1) & 63 : 0 }
  var isShift: Bool { modifiers == 1 }
  /// Pressed with no modifier but Shift.
  var isPlain: Bool { modifiers & ~1 == 0 }
  /// Pressed with no modifier.
  var isBare: Bool { modifiers == 0 && event != 3 }
}
