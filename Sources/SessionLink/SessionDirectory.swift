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

  public var journal: FilePath { path.appending("journal.jsonl") }
  /// The newest checkpoint of the journal, see `Checkpoint`; there may be none.
  public var checkpoint: FilePath { path.appending("checkpoint") }

  /// Makes the directory, with those above it, for its owner only.
  ///
  /// - Throws: `DirectoryError` when it cannot be made, or belongs to a session already.
  public func create() throws(DirectoryError) {
    if let failure = Self.make(path) {
      throw DirectoryError(description: "the session directory \(failure.path) cannot be made: \(text(failure.code))")
    }
    // `mkdir` says EEXIST of a file, too.
    var status = stat()
    guard stat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw DirectoryError(description: "the session directory \(path) cannot be made: \(text(ENOTDIR))")
    }
    if access(journal.string, F_OK) == 0 {
      throw DirectoryError(description: "\(path) holds a session already: name another directory with --session-dir")
    }
    guard chmod(path.string, 0o700) == 0 else {
      throw DirectoryError(description: "the session directory \(path) is not yours to use: \(text(errno))")
    }
    guard access(path.string, W_OK | X_OK) == 0 else {
      throw DirectoryError(description: "the session directory \(path) cannot be written: \(text(errno))")
    }
  }

  /// Makes a directory with those above it, for its owner only.
  ///
  /// - Returns: what could not be made and why, or `nil` when there is something at the path now.
  static func make(_ path: FilePath) -> (path: FilePath, code: Int32)? {
    var made = FilePath(root: path.root, [])
    for component in path.components {
      made.append(component)
      guard mkdir(made.string, 0o700) != 0, errno != EEXIST else { continue }
      // An automounter answers otherwise for a directory that is there.
      let code = errno
      if access(made.string, F_OK) != 0 { return (made, code) }
    }
    return nil
  }

  /// The end of a task's output, off the calling thread's hands: it reads a file.
  public func output(of task: TaskID, named name: String, limit: Int) -> OutputTail {
    let file = path.appending("tasks").appending(task.uid).appending(name)
    let opened: Descriptor
    do { opened = try Descriptor.open(.file, file.string) } catch {
      return OutputTail(text: "", size: 0, failure: error.isMissing ? "nothing was written yet" : error.description)
    }
    let size = opened.size
    do {
      let bytes = try opened.bytes(at: max(0, size - limit), count: min(limit, size))
      return OutputTail(text: String(decoding: bytes, as: UTF8.self), size: size)
    } catch { return OutputTail(text: "", size: size, failure: "\(file): \(error)") }
  }
}

func text(_ code: Int32) -> String { String(cString: strerror(code)) }
