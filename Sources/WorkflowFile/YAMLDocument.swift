import Yams

/// A composed YAML document, with the keys that occur twice set aside.
///
/// Yams ends at the first mapping with a duplicate key and says where the first of the two is. To report them all, and
/// the rest of the file's problems with them, the first occurrence is renamed in the text, length kept so that all
/// positions stay true, and the text composed again.
struct YAMLDocument {
  /// `nil` for a document without content.
  var root: Node?
  /// Keys that are stand-ins for a first occurrence, and what they stand for.
  var standIns: [String: String] = [:]

  /// After this many duplicates the file is not worth reading again.
  private static let duplicateLimit = 50

  init(text: String, path: String) throws(WorkflowErrors) {
    var text = text
    while true {
      do {
        // No resolver rules: what a plain scalar means is decided where it is used, and `on` stays `on`.
        root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        return
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        let name = names.first ?? ""
        let number = standIns.count
        guard number < Self.duplicateLimit,
          let edited = Self.rename(name, line: context.mark.line, column: context.mark.column, number: number, in: text)
        else {
          throw WorkflowErrors([
            WorkflowError(
              path: path, line: context.mark.line, column: context.mark.column,
              message: "the key '\(name)' occurs more than once in this mapping")
          ])
        }
        standIns[Self.standIn(for: name, number: number)] = name
        text = edited
      } catch {
        throw WorkflowErrors([Self.problem(of: error, path: path, text: text)])
      }
    }
  }

  /// The duplicate keys: reported at each occurrence but the first.
  func duplicateKeys(path: String) -> [WorkflowError] {
    guard !standIns.isEmpty, let root else { return [] }
    var problems: [WorkflowError] = []
    var seen: Set<Int> = []
    var open = [root]
    while let node = open.popLast() {
      // An alias is the same node again: by its place it is visited once, however often it is named.
      guard seen.insert(node.place).inserted else { continue }
      switch node {
      case .sequence(let sequence): open.append(contentsOf: sequence)
      case .mapping(let mapping):
        var places: [String: [Mark]] = [:]
        for (key, value) in mapping {
          open.append(value)
          guard case .scalar(let scalar) = key, let mark = scalar.mark else { continue }
          places[standIns[scalar.string] ?? scalar.string, default: []].append(mark)
        }
        for (name, marks) in places where marks.count > 1 {
          let ordered = marks.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
          for mark in ordered.dropFirst() {
            problems.append(
              WorkflowError(
                path: path, line: mark.line, column: mark.column,
                message: "the key '\(name)' occurs twice in this mapping (first on line \(ordered[0].line))"))
          }
        }
      case .scalar, .alias: break
      }
    }
    return problems
  }

  /// As many private-use characters as the key has, so that columns stay true.
  private static func standIn(for name: String, number: Int) -> String {
    let scalar = Unicode.Scalar(0xE000 + UInt32(number)) ?? "\u{E000}"
    return String(repeating: String(Character(scalar)), count: name.unicodeScalars.count)
  }

  /// The text with the key at that place replaced; `nil` when it is not written there as it reads (escapes, anchors).
  private static func rename(_ name: String, line: Int, column: Int, number: Int, in text: String) -> String? {
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    var currentLine = 1
    while currentLine < line, index < scalars.endIndex {
      let scalar = scalars[index]
      index = scalars.index(after: index)
      // The line breaks that libyaml counts.
      if ["\n", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
        currentLine += 1
      } else if scalar == "\r" {
        if index < scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
        currentLine += 1
      }
    }
    guard currentLine == line, var start = scalars.index(index, offsetBy: column - 1, limitedBy: scalars.endIndex)
    else { return nil }
    if start < scalars.endIndex, scalars[start] == "\"" || scalars[start] == "'" { start = scalars.index(after: start) }
    guard !name.isEmpty, scalars[start...].starts(with: name.unicodeScalars) else { return nil }
    let end = scalars.index(start, offsetBy: name.unicodeScalars.count)
    return String(text[..<start]) + standIn(for: name, number: number) + String(text[end...])
  }

  /// What to do about a line that is no YAML because of braces without quotes.
  private static func hint(line: Int, in text: String) -> String {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    let near = lines[max(0, min(line - 2, lines.count))..<max(0, min(line, lines.count))]
    return near.contains { $0.contains("{member}") || $0.contains("${") } ? "; a text with { in it needs quotes" : ""
  }

  private static func problem(of error: any Error, path: String, text: String) -> WorkflowError {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      var message = "not YAML: \(problem)"
      if let context {
        message += " \(context.text)"
        if context.mark.line != mark.line { message += " (which begins on line \(context.mark.line))" }
      }
      message += hint(line: mark.line, in: text)
      return WorkflowError(path: path, line: mark.line, column: mark.column, message: message)
    case YamlError.reader(let problem, let offset, _, let text):
      var place = (line: 1, column: 1)
      for character in text.prefix(offset ?? 0) {
        place = character.isNewline ? (place.line + 1, 1) : (place.line, place.column + 1)
      }
      return WorkflowError(path: path, line: place.line, column: place.column, message: "not YAML: \(problem)")
    case YamlError.memory:
      // libyaml's word for its limit of 1000 levels.
      return WorkflowError(path: path, message: "not a workflow: lists and mappings are nested too deeply")
    default:
      return WorkflowError(path: path, message: "not YAML: \(error)")
    }
  }
}
