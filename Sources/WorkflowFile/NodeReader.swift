import Work
import Yams

/// What a scalar of the file is, by the rules of YAML 1.2 and by what people write.
enum ScalarValue: Equatable {
  case nothing
  case boolean(Bool)
  case whole(Int)
  case decimal(Double)
  case text

  init(_ scalar: Node.Scalar) {
    // Quoted scalars and `!!str` are text whatever they look like.
    guard scalar.isPlain else {
      self = .text
      return
    }
    switch scalar.string {
    case "", "~", "null", "Null", "NULL": self = .nothing
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": self = .boolean(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": self = .boolean(false)
    default: self = ScalarValue(number: scalar.string)
    }
  }

  private init(number text: String) {
    // `Double` also reads "infinity" and hexadecimal; those stay text.
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else {
      self = .text
      return
    }
    if let whole = Int(text) {
      self = .whole(whole)
    } else if let decimal = Double(text), decimal.isFinite {
      self = .decimal(decimal)
    } else {
      self = .text
    }
  }
}

/// The entries of a mapping by key, merge keys (`<<`) taken in.
struct Fields {
  struct Entry {
    var keyMark: Mark?
    var value: Node
  }
  /// What people call the mapping: `task 'md'`.
  var owner: String
  var mark: Mark?
  var entries: [String: Entry] = [:]

  subscript(key: String) -> Node? { entries[key]?.value }
  func keyMark(_ key: String) -> Mark? { entries[key]?.keyMark ?? mark }
}

/// Reads nodes into values and collects what is wrong with them; a value that is wrong reads as `nil`.
final class NodeReader {
  let path: String
  private(set) var problems: [WorkflowError] = []
  /// Stand-ins of duplicate keys, which are reported already.
  var hiddenKeys: Set<String> = []

  init(path: String) {
    self.path = path
  }

  func report(_ mark: Mark?, _ message: String) {
    problems.append(WorkflowError(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1, message: message))
  }

  func add(_ more: [WorkflowError]) { problems += more }

  /// Reads something, and says whether nothing new was wrong with it.
  func isRight(_ body: () -> Void) -> Bool {
    let before = problems.count
    body()
    return problems.count == before
  }

  /// In the order of the file, each once: an anchor is read wherever it is named.
  var orderedProblems: [WorkflowError] {
    var result: [WorkflowError] = []
    for problem in problems.sorted(by: { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) })
    where problem != result.last {
      result.append(problem)
    }
    return result
  }

  // MARK: - Mappings

  /// The entries of the mapping `node`; unknown keys are reported with the nearest of `known`.
  ///
  /// `hints` says what to write instead of keys that people know from elsewhere.
  func fields(
    _ node: Node, owner: String, known: [String], hints: [String: String] = [:],
    isFree: (String) -> Bool = { _ in false }
  ) -> Fields? {
    guard case .mapping(let mapping) = node, !node.isUnquotedMember else {
      report(node.mark, "\(owner) must be a mapping (key: value), found \(describe(node))")
      return nil
    }
    var result = Fields(owner: owner, mark: mapping.mark)
    var merged: Set<Int> = [node.place]
    collect(mapping, into: &result, merged: &merged)
    for (key, entry) in result.entries where !known.contains(key) && !isFree(key) {
      let hint = hints[key].map { " (\($0))" } ?? suggestion(for: key, among: known)
      report(entry.keyMark, "unknown key '\(shortened(key))' in \(owner)\(hint)")
    }
    return result
  }

  /// Any keys: `environment`.
  func freeFields(_ node: Node, owner: String) -> Fields? {
    fields(node, owner: owner, known: [], isFree: { _ in true })
  }

  /// `merged` holds the places of mappings taken in already: aliases may name the same one over and over.
  private func collect(_ mapping: Node.Mapping, into result: inout Fields, merged: inout Set<Int>) {
    var merges: [Node] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        report(key.mark, "a key of \(result.owner) must be text, found \(describe(key))")
        continue
      }
      if scalar.string == "<<", scalar.style == .plain || scalar.style == .any {
        if case .sequence(let several) = value { merges += several } else { merges.append(value) }
      } else if !hiddenKeys.contains(scalar.string), result.entries[scalar.string] == nil {
        result.entries[scalar.string] = .init(keyMark: scalar.mark, value: value)
      }
    }
    // What is written in the mapping itself wins over what is merged, and an earlier merge over a later one.
    for merge in merges {
      guard case .mapping(let other) = merge else {
        report(merge.mark, "'<<' in \(result.owner) takes a mapping, found \(describe(merge))")
        continue
      }
      if merged.insert(merge.place).inserted { collect(other, into: &result, merged: &merged) }
    }
  }

  // MARK: - Scalars

  /// Text as it stands in the file; numbers, dates and true/false keep their spelling.
  func text(_ node: Node, what: String) -> String? {
    guard case .scalar(let scalar) = node else {
      let isPair = if case .mapping = node { !node.isUnquotedMember } else { false }
      let hint = isPair ? "; a text with ': ' in it needs quotes" : ""
      report(node.mark, "\(what) must be text, found \(describe(node))\(hint)")
      return nil
    }
    if ScalarValue(scalar) == .nothing {
      report(scalar.mark, "\(what) has no value; write '' for an empty text, or quotes around '\(scalar.string)'")
      return nil
    }
    return scalar.string
  }

  /// A text that names something: not an empty one, nor one that no program can be given.
  func word(_ node: Node, what: String) -> String? {
    guard let text = text(node, what: what) else { return nil }
    if text.isEmpty || text.utf8.contains(0) {
      report(node.mark, "\(what) \(text.isEmpty ? "is empty" : TaskRules.holdsNUL)")
      return nil
    }
    return text
  }

  func boolean(_ node: Node, what: String) -> Bool? {
    if case .scalar(let scalar) = node, case .boolean(let value) = ScalarValue(scalar) { return value }
    report(node.mark, "\(what) must be true or false, found \(describe(node))")
    return nil
  }

  /// - Parameter least: what the message says that it must be.
  func whole(_ node: Node, what: String, least: Int) -> Int? {
    if refusesSpelling(node, what: what) { return nil }
    if case .scalar(let scalar) = node, case .whole(let value) = ScalarValue(scalar) { return value }
    report(node.mark, NumberRules.notWhole(what, least: least, found: describe(node)))
    return nil
  }

  /// Seconds: a number, or one with a unit (`90s`, `5m`, `2h`, `1d`).
  func duration(_ node: Node, what: String) -> Double? {
    if refusesSpelling(node, what: what, isDuration: true) { return nil }
    if case .scalar(let scalar) = node, let seconds = Self.seconds(scalar.string) { return seconds }
    report(node.mark, "\(what) must be seconds or a duration such as 90s, 5m or 2h, found \(describe(node))")
    return nil
  }

  /// Reports a number that not everyone reads alike.
  private func refusesSpelling(_ node: Node, what: String, isDuration: Bool = false) -> Bool {
    guard case .scalar(let scalar) = node, scalar.isPlain,
      let fault = NumberSpelling.fault(of: scalar.string, isDuration: isDuration)
    else { return false }
    report(node.mark, "\(what) \(fault)")
    return true
  }

  private static func seconds(_ text: String) -> Double? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    let unit = text.last.flatMap { units[$0] }
    let number = unit == nil ? text[...] : text.dropLast()
    guard !number.isEmpty, number.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(number)
    else { return nil }
    return value * (unit ?? 1)
  }

  // MARK: - Words

  /// What the node is, for messages: `'abc'`, `a list`, `nothing`.
  func describe(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): ScalarValue(scalar) == .nothing ? "nothing" : "'\(shortened(scalar.string))'"
    case .sequence: "a list"
    case .mapping: node.isUnquotedMember ? "{member} without quotes: write \"{member}\"" : "a mapping"
    case .alias: "an alias"
    }
  }
}

extension Node {
  /// Whether it is what YAML makes of `{member}` without quotes: a mapping with one key that has no value.
  var isUnquotedMember: Bool {
    guard case .mapping(let mapping) = self, mapping.count == 1, let (key, value) = mapping.first,
      case .scalar(let name) = key, case .scalar(let nothing) = value
    else { return false }
    return name.string == "member" && name.isBare && nothing.isBare && nothing.string.isEmpty
  }

  /// The place of a node in the file, which an alias shares with what it names: tells nodes apart in a walk.
  var place: Int {
    let kind =
      switch self {
      case .scalar: 0
      case .sequence: 1
      case .mapping: 2
      case .alias: 3
      }
    return (mark?.line ?? 0) << 32 | (mark?.column ?? 0) << 2 | kind
  }
}

extension Node.Scalar {
  /// Whether it stands there without quotes, and is not said to be text.
  var isPlain: Bool { tag.rawValue != Tag.Name.str.rawValue && isBare }
  /// Whether it stands there without quotes; what Yams has compared (a key) is said to be text, too.
  var isBare: Bool { style == .plain || style == .any }
}
