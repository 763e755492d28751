import Work
import Yams

/// Reads `inputs` and `outputs`.
struct StagingReader {
  enum Direction { case input, output }
  /// `pilot` is the session's directory too, for those who come from RP.
  static let schemes = ["client", "session", "task", "pilot"]

  let reader: NodeReader

  func read(_ node: Node, direction: Direction, what: String) -> [StagingDirective] {
    switch node {
    case .sequence(let sequence): sequence.compactMap { directive($0, direction: direction, what: what) }
    default: directive(node, direction: direction, what: what).map { [$0] } ?? []
    }
  }

  private func directive(_ node: Node, direction: Direction, what: String) -> StagingDirective? {
    guard case .mapping = node else {
      guard let path = location(node, what: "an entry of \(what)", isTaskSide: direction == .output),
        let name = baseName(path, at: node, what: what)
      else { return nil }
      return StagingDirective(source: path, target: name)
    }
    guard let fields = reader.fields(node, owner: "an entry of \(what)", known: ["source", "target", "action"]) else {
      return nil
    }
    var action = StagingDirective.Action.copy
    if let node = fields["action"], let word = reader.text(node, what: "'action' in \(what)") {
      if let known = StagingDirective.Action(rawValue: word.lowercased()) {
        action = known
      } else {
        reader.report(
          node.mark, "the 'action' in \(what) must be copy, link or move, found '\(shortened(word))'")
      }
    }
    guard let sourceNode = fields["source"] else {
      reader.report(fields.mark, "an entry of \(what) has no 'source'")
      return nil
    }
    guard let source = location(sourceNode, what: "'source' in \(what)", isTaskSide: direction == .output) else {
      return nil
    }
    guard let targetNode = fields["target"] else {
      return baseName(source, at: sourceNode, what: what).map {
        StagingDirective(source: source, target: $0, action: action)
      }
    }
    return location(targetNode, what: "'target' in \(what)", isTaskSide: direction == .input).map {
      StagingDirective(source: source, target: $0, action: action)
    }
  }

  /// A path, or one after a scheme; see `StagingDirective`.
  private func location(_ node: Node, what: String, isTaskSide: Bool) -> String? {
    guard let text = reader.text(node, what: what, isEmptyAllowed: false) else { return nil }
    if text.contains(" > ") || text.contains(" < ") || text.contains(" >> ") || text.contains(" << ") {
      reader.report(node.mark, "\(what) is a path; for another name write {source: PATH, target: PATH}")
      return nil
    }
    var path = text[...]
    var isConfined = isTaskSide
    if let (scheme, rest) = split(text) {
      guard Self.schemes.contains(scheme) else {
        reader.report(
          node.mark,
          "\(what) has an unknown scheme '\(shortened(scheme))://'\(suggestion(for: scheme, among: Self.schemes)): "
            + "there are client:///, session:/// and task:///")
        return nil
      }
      guard rest.hasPrefix("/") else {
        reader.report(node.mark, "\(what) needs three slashes: \(scheme):///\(rest)")
        return nil
      }
      path = rest.dropFirst()
      isConfined = scheme != "client"
    }
    if isConfined, path.split(separator: "/").contains("..") {
      reader.report(node.mark, "\(what) must not leave its directory with '..', found '\(shortened(text))'")
      return nil
    }
    return text
  }

  private func split(_ text: String) -> (scheme: String, rest: Substring)? {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    return (String(text[..<colon]), text[colon...].dropFirst(3))
  }

  /// The file's own name, which a staged file keeps when nothing else is said.
  private func baseName(_ path: String, at node: Node, what: String) -> String? {
    let name = (split(path)?.rest ?? path[...]).split(separator: "/").last.map(String.init)
    guard let name, name != ".", name != ".." else {
      reader.report(node.mark, "an entry of \(what) names no file: '\(shortened(path))'")
      return nil
    }
    return name
  }
}
