import SystemPackage

/// One step of bringing files, found by the first pass, in which nothing is changed.
enum Operation {
  /// A directory above the target that is not there yet.
  case makeDirectory(FilePath)
  /// A file that comes to a name which is free, or a regular file's.
  case copy(FilePath, to: FilePath, follows: Bool)
  /// A link that comes to a name which is free, or a link's.
  case copyLink(FilePath, to: FilePath)
  /// A directory that comes to a free name.
  case copyTree(FilePath, to: FilePath)
  /// The same three without a copy, within one file system.
  case rename(FilePath, to: FilePath)
  /// A link to a path.
  case link(to: FilePath, at: FilePath)

  /// The name that it gives, if it gives one.
  var target: FilePath? {
    switch self {
    case .makeDirectory: nil
    case .copy(_, let target, _), .copyLink(_, let target), .copyTree(_, let target), .rename(_, let target),
      .link(_, let target):
      target
    }
  }
}

/// A name that goes when the file of a move has come to its new place.
public struct StagingRemoval: Sendable {
  let path: FilePath
  let facts: FileFacts
}

/// What has to be done to bring the files of one step.
struct Bringing {
  let step: Int
  let target: FilePath
  /// Whether a pattern stood for it.
  let isPattern: Bool
  var operations: [Operation] = []
  /// In the order in which they can go.
  var removals: [StagingRemoval] = []
}
