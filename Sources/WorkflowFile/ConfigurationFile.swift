import Words
import Work
import Yams

/// What a person has set for all screens: `config.yaml`.
///
/// It is checked like a workflow: everything that is wrong is said at once, each with its line. What the words in it mean
/// is said by whoever shows the screen.
public struct ConfigurationFile: Equatable, Sendable {
  /// What an action's keys are to be.
  public struct Keys: Equatable, Sendable {
    public var action: String
    public var keys: [String]
  }

  /// The words that can stand in it.
  public struct Vocabulary: Sendable {
    public var themes: [String]
    public var columns: [String]
    public var actions: [String]
    /// Seconds.
    public var refresh: ClosedRange<Double>
    /// What is wrong with keys: the number of an entry, and a sentence.
    public var keyFaults: @Sendable ([Keys]) -> [(entry: Int, sentence: String)]

    public init(
      themes: [String], columns: [String], actions: [String], refresh: ClosedRange<Double>,
      keyFaults: @escaping @Sendable ([Keys]) -> [(entry: Int, sentence: String)]
    ) {
      (self.themes, self.columns, self.actions) = (themes, columns, actions)
      (self.refresh, self.keyFaults) = (refresh, keyFaults)
    }
  }

  public var theme: String?
  public var mouse: Bool?
  /// Seconds between two frames.
  public var refresh: Double?
  public var columns: [String]?
  public var keys: [Keys] = []

  private static let known = ["theme", "mouse", "refresh", "columns", "keys"]

  /// Bytes; what is larger is no such file.
  public static let sizeLimit = 1 << 16

  /// - Parameter path: what messages call it.
  public init(_ bytes: [UInt8], path: String, words: Vocabulary) throws(WorkflowErrors) {
    let document = try YAMLDocument(text: SourceText.decode(bytes, path: path), path: path)
    let reader = NodeReader(path: path)
    reader.hiddenKeys = Set(document.standIns.keys)
    reader.add(document.duplicateKeys(path: path))
    if let root = document.root, !root.isNothing { read(root, reader, words) }
    guard reader.problems.isEmpty else { throw WorkflowErrors(reader.orderedProblems) }
  }

  private mutating func read(_ root: Node, _ reader: NodeReader, _ words: Vocabulary) {
    guard let fields = reader.fields(root, owner: "the configuration", known: Self.known) else { return }
    theme = fields["theme"].flatMap { reader.choice($0, what: "'theme'", kind: "theme", among: words.themes) }
    mouse = fields["mouse"].flatMap { reader.boolean($0, what: "'mouse'") }
    if let node = fields["refresh"], let seconds = reader.duration(node, what: "'refresh'") {
      let range = words.refresh
      if range.contains(seconds) {
        refresh = seconds
      } else {
        let (least, most) = (Format.plain(range.lowerBound), Format.plain(range.upperBound))
        reader.report(node.mark, "'refresh' is \(least) to \(most) seconds, not \(Format.plain(seconds))")
      }
    }
    if let node = fields["columns"] {
      columns = reader.texts(node, what: "'columns'").compactMap {
        reader.choice($0, what: "a column", kind: "column", among: words.columns)
      }
    }
    if let node = fields["keys"] { readKeys(node, reader, words) }
  }

  private mutating func readKeys(_ node: Node, _ reader: NodeReader, _ words: Vocabulary) {
    guard let fields = reader.fields(node, owner: "'keys'", known: words.actions) else { return }
    var marks: [Mark?] = []
    for (action, entry) in fields.entries.sorted(by: { $0.key < $1.key }) where words.actions.contains(action) {
      let before = reader.problems.count
      let keys = reader.texts(entry.value, what: "'\(action)'").compactMap {
        reader.word($0, what: "a key of '\(action)'")
      }
      guard reader.problems.count == before else { continue }
      self.keys.append(Keys(action: action, keys: keys))
      marks.append(entry.value.mark)
    }
    for fault in words.keyFaults(self.keys) where marks.indices.contains(fault.entry) {
      reader.report(marks[fault.entry], fault.sentence)
    }
  }
}

extension NodeReader {
  /// The entries of a list, or the only one where no list is needed.
  fileprivate func texts(_ node: Node, what: String) -> [Node] {
    switch node {
    case .sequence(let sequence): return Array(sequence)
    case .scalar: return [node]
    case .mapping, .alias:
      report(node.mark, "\(what) must be a word or a list of words, found \(describe(node))")
      return []
    }
  }

  /// One of some words.
  fileprivate func choice(_ node: Node, what: String, kind: String, among words: [String]) -> String? {
    guard let word = word(node, what: what) else { return nil }
    if words.contains(word) { return word }
    report(
      node.mark,
      "unknown \(kind) '\(shortened(word))'\(suggestion(for: word, among: words)): there are "
        + words.joined(separator: ", "))
    return nil
  }
}

extension Node {
  fileprivate var isNothing: Bool {
    if case .scalar(let scalar) = self { ScalarValue(scalar) == .nothing } else { false }
  }
}
