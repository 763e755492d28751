import FoundationEssentials
import Glibc
import SessionModel
import Work

/// Brings files into and out of a task's directory.
struct Staging: Sendable {
  struct StagingError: Error, CustomStringConvertible {
    var description: String
  }

  var locations: Locations

  /// - Throws: `StagingError` that names the file and what was wrong with it.
  func perform(_ directives: [StagingDirective], _ direction: StagingDirective.Direction) throws {
    for directive in directives { try perform(directive, direction) }
  }

  private func perform(_ directive: StagingDirective, _ direction: StagingDirective.Direction) throws {
    let what = direction.rawValue
    let source = locations.path(of: directive.source(direction))
    let target = locations.path(of: directive.target(direction))
    let manager = FileManager.default
    guard manager.fileExists(atPath: source) else {
      throw StagingError(description: "the \(what) '\(directive.source)' does not exist (looked for \(source))")
    }
    guard source != target else { return }
    do {
      if let slash = target.lastIndex(of: "/") {
        try manager.createDirectory(atPath: String(target[..<slash]), withIntermediateDirectories: true)
      }
      // A later run replaces what an earlier one left.
      if directive.action != .link || direction == .output { try? manager.removeItem(atPath: target) }
      switch directive.action {
      case .copy: try manager.copyItem(atPath: source, toPath: target)
      case .move: try manager.moveItem(atPath: source, toPath: target)
      case .link:
        unlink(target)
        guard symlink(source, target) == 0 else {
          throw StagingError(description: String(cString: strerror(errno)))
        }
      }
    } catch {
      throw StagingError(
        description:
          "the \(what) '\(directive.source)' could not be brought to \(target) (\(directive.action.rawValue)): "
          + ((error as? StagingError)?.description ?? "\(error)"))
    }
  }
}
