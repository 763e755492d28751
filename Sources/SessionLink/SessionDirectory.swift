import Platform
import SessionModel
import SystemPackage
import Work

#if canImport(Glibc)
  import Glibc
#endif

/// The directory of one session: its journal, the directories of its tasks, the logs of its helpers.
public struct SessionDirectory: Sendable {
  public let path: FilePath

  /// Why the directory cannot serve a session: one sentence for people.
  public struct DirectoryError: Error, CustomStringConvertible, Sendable {
    public var description: String
  }

  public init(_ path: FilePath) { self.path = path }

  public var journal: FilePath { path.appending(Self.journalName) }
  /// The newest checkpoint of the journal, see `Checkpoint`; there may be none.
  public var checkpoint: FilePath { path.appending(Self.checkpointName) }

  /// Makes the directory, with those above it, for its owner only, and holds it open.
  ///
  /// One that is there is taken as it is when it is this user's and empty; nothing in it is touched otherwise.
  ///
  /// - Returns: also what makes the place less safe than others, in a sentence.
  /// - Throws: `DirectoryError` when it cannot be made, belongs to a session already, holds something else, or stands in a
  ///   directory that another user may exchange at will.
  public func create() throws(DirectoryError) -> (directory: HeldDirectory, warning: String?) {
    if let failure = HeldDirectory.makeParents(of: path.string) {
      throw DirectoryError(description: "the session directory \(failure.path) cannot be made: \(failure.code)")
    }
    let warning = try DirectoryParent(of: path).check()
    let isNew = mkdir(path.string, 0o700) == 0
    guard isNew || errno == EEXIST else {
      throw DirectoryError(description: "the session directory \(path) cannot be made: \(text(errno))")
    }
    let held: HeldDirectory
    do throws(FileError) { held = try HeldDirectory(path.string) } catch {
      guard error.code != .notDirectory else {
        throw DirectoryError(description: "the session directory \(path) cannot be made: \(text(ENOTDIR))")
      }
      throw DirectoryError(description: "the session directory \(error)")
    }
    // Also of one that was made just now: somebody may have put another one in its place.
    if held.status(of: Self.journalName) != nil {
      throw DirectoryError(description: "\(path) holds a session already: name another directory with --session-dir")
    }
    if let name = held.entries.sorted().first {
      throw DirectoryError(
        description: "the session directory \(path) is not empty (it holds '\(name)'): "
          + "name an empty directory, or one that is not there yet")
    }
    guard faccessat(held.number, ".", W_OK | X_OK, 0) == 0 else {
      throw DirectoryError(description: "the session directory \(path) cannot be written: \(text(errno))")
    }
    guard held.mode & 0o002 != 0 else { return (held, warning) }
    return (held, "everybody may write to the session directory \(path): 'chmod o-w' makes it yours")
  }

  public static let journalName = "journal.jsonl"
  static let checkpointName = "checkpoint"

  /// Where the output of a task is.
  ///
  /// - Parameter name: of its file, as the task has it.
  func output(_ output: OutputID, named name: String) -> FilePath {
    path.appending("tasks").appending(output.task.uid + output.suffix).appending(name)
  }
}

func text(_ code: Int32) -> String { String(cString: strerror(code)) }
