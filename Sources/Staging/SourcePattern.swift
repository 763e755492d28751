import SystemPackage
import Work

/// The files that a source stands for.
enum SourcePattern {
  /// - Returns: `nil` when the path is no pattern, or all of it is there as it is written: a part of the path that exists
  ///   is taken by its name, whatever characters it has.
  static func matches(of path: FilePath) throws(Refusal) -> [FilePath]? {
    guard path.components.contains(where: { FileNamePattern.isPattern($0.bytes) }) else { return nil }
    var found = [path.root.map { FilePath(root: $0) } ?? "."]
    var isPattern = false
    for component in path.components {
      guard FileNamePattern.isPattern(component.bytes) else {
        found = found.map { $0.appending(component) }
        continue
      }
      let pattern = FileNamePattern(component.bytes)
      var next: [FilePath] = []
      for directory in found {
        let literal = directory.appending(component)
        if try FileFacts.ofName(literal) != nil {
          next.append(literal)
          continue
        }
        isPattern = true
        guard try FileFacts.behind(directory)?.kind == .directory else { continue }
        for name in try FileFacts.entries(of: directory) where pattern.matches(name.bytes) {
          next.append(directory.appending(name))
        }
      }
      found = next
    }
    guard isPattern else { return nil }
    var there: [FilePath] = []
    for path in found where try FileFacts.ofName(path) != nil { there.append(path) }
    return there
  }
}
