import Work
import Yams

/// Reads the entries of `inputs` and `outputs`.
struct StagingReader {
  let reader: NodeReader
  /// What messages call the list: `'inputs' in task 't'`.
  let what: String
  let direction: StagingDirective.Direction

  /// One entry: a path, or where from and where to.
  func read(_ node: Node) -> StagingDirective? {
    guard case .mapping = node else {
      guard let path = reader.text(node, what: "an entry of \(what)") else { return nil }
      return directive(path, at: node)
    }
    guard let fields = reader.fields(node, owner: "an entry of \(what)", known: ["source", "target", "action"]) else {
      return nil
    }
    var action: StagingDirective.Action? = .copy
    if let node = fields["action"] { action = self.action(node) }
    guard let source = fields["source"] else {
      reader.report(fields.mark, "an entry of \(what) has no 'source'")
      return nil
    }
    guard let from = reader.text(source, what: "'source' in \(what)") else { return nil }
    guard let target = fields["target"] else { return directive(from, at: source, action: action) }
    guard let to = reader.text(target, what: "'target' in \(what)"), let action else { return nil }
    return StagingDirective(source: from, target: to, action: action)
  }

  private func action(_ node: Node) -> StagingDirective.Action? {
    guard let word = reader.text(node, what: "'action' in \(what)") else { return nil }
    if let action = StagingDirective.Action(rawValue: word.lowercased()) { return action }
    reader.report(node.mark, "the 'action' in \(what) must be copy, link or move, found '\(shortened(word))'")
    return nil
  }

  /// A file that keeps its name.
  private func directive(
    _ path: String, at node: Node, action: StagingDirective.Action? = .copy
  ) -> StagingDirective? {
    if let name = Location.fileName(of: path) {
      return action.map { StagingDirective(source: path, target: name, action: $0) }
    }
    let isEmpty = path.isEmpty
    reader.report(node.mark, "an entry of \(what) \(isEmpty ? "is empty" : TaskRules.namesNoFile(path))")
    return nil
  }
}
