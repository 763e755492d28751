/// What an item may be called.
public enum TaskName {
  /// What is wrong with a name, as the end of a sentence about it; `nil` when nothing is.
  public static func fault(of name: String) -> String? {
    if !name.unicodeScalars.allSatisfy(isPlain) {
      let hint = name.contains("{member}") ? " (members are called name.0, name.1 … by themselves)" : ""
      return "may hold only letters, digits, '_', '-' and '.'\(hint)"
    }
    if let first = name.unicodeScalars.first, first == "." || first == "-" || isMark(first) {
      return "must begin with a letter, a digit or '_'"
    }
    if name.utf8.count > TaskRules.nameBytes { return "is longer than \(TaskRules.nameBytes) bytes" }
    if let dot = name.lastIndex(of: "."), name[dot...].dropFirst().allSatisfy(\.isNumber) {
      return "must not end in a dot and a number: that is how members of an ensemble are called"
    }
    return nil
  }

  /// Letters and digits of any script; nothing that is blank, hides, turns the direction of text or means something to a
  /// shell.
  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return isPlain(UInt8(ascii: scalar)) }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
      // Letters that show nothing (Hangul fillers).
      !scalar.properties.isDefaultIgnorableCodePoint
    default: isMark(scalar)
    }
  }

  /// Whether it stands on the letter before it.
  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark: !scalar.properties.isDefaultIgnorableCodePoint
    default: false
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// The name of a task that was given none: that of what it runs, as far as that can be a name.
  public static func derived(from description: TaskDescription) -> String {
    let program = description.function?.name ?? description.argv.first ?? ""
    let last = program.utf8.split(separator: UInt8(ascii: "/")).last ?? "task".utf8[...]
    let bytes = last.filter { $0 != UInt8(ascii: ".") }.map { isPlain($0) ? $0 : UInt8(ascii: "_") }
    // Room for the number that tells it from another of the same name.
    let name = String(decoding: bytes.drop { $0 == UInt8(ascii: "-") }.prefix(100), as: UTF8.self)
    return name.isEmpty ? "task" : name
  }
}
