import Platform
import SessionModel
import SystemPackage
import Work

/// What a task prints, as it comes, whatever becomes of its files: another attempt has a directory of its own, and that of
/// the one before gets another name (`tasks/task.000042.attempt1`); a program may empty its output, or remove it.
public final class TaskOutputTail {
  private final class OpenFile {
    let descriptor: Descriptor
    let identity: FileIdentity?
    /// Bytes that were handed out.
    var position = 0

    init(_ descriptor: consuming Descriptor) {
      identity = FileIdentity(descriptor.number)
      self.descriptor = descriptor
    }
  }

  private let tasks: FilePath
  private let uid: String
  private let name: String
  /// What is read now.
  private var file: OpenFile?
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  /// Called when the task begins again: what comes then is of another attempt.
  public var onRestart: () -> Void = {}

  /// - Parameter name: of its standard output or error, in its directory.
  public init(_ directory: SessionDirectory, of task: TaskID, named name: String) {
    tasks = directory.path.appending("tasks")
    uid = task.uid
    self.name = name
  }

  /// - Parameters:
  ///   - folder: what has the directory of the one that prints.
  ///   - uid: the name of that.
  ///   - name: of the file in it.
  public init(in folder: FilePath, _ uid: String, named name: String) {
    tasks = folder
    self.uid = uid
    self.name = name
  }

  private var lastLines: Int?

  /// Hands out no more than the last lines of what is there when it is read first; what comes then is handed out whole.
  public func begin(withLast lines: Int) { lastLines = lines }

  /// Whether there was anything to read.
  public var hasBegun: Bool { file != nil }

  /// Hands out what is new, in order: the rest of an attempt, those that followed, and the one that runs.
  ///
  /// - Parameter take: gets the next bytes; false when it wants no more.
  /// - Returns: false when `take` did.
  /// - Throws: `FileError` when what is there cannot be read, or is no file.
  public func read(_ take: (ArraySlice<UInt8>) -> Bool) throws(FileError) -> Bool {
    guard try drain(take) else { return false }
    // What runs may have become an earlier attempt, and another one may have run meanwhile.
    while true {
      guard let next = try nextFile() else { return true }
      // What was written before its name was changed.
      guard try drain(take) else { return false }
      if hasBegun { onRestart() }
      file = next
      if let lines = lastLines { next.position = try start(ofLast: lines, in: next) }
      lastLines = nil
      guard try drain(take) else { return false }
    }
  }

  /// Reads the open file to its end.
  private func drain(_ take: (ArraySlice<UInt8>) -> Bool) throws(FileError) -> Bool {
    guard let file else { return true }
    // It was emptied.
    if file.descriptor.size < file.position { file.position = 0 }
    while true {
      let count: Int
      do throws(Errno) { count = try next(of: file) } catch {
        // Of a file that was removed on another machine nothing more comes.
        if error == .staleNFSFileHandle { return true }
        throw FileError("\(path) cannot be read", error)
      }
      guard count > 0 else { return true }
      file.position += count
      guard take(chunk[..<count]) else { return false }
    }
  }

  /// Where the last lines of a file begin; a last one without a line feed counts.
  private func start(ofLast lines: Int, in file: OpenFile) throws(FileError) -> Int {
    var end = file.descriptor.size
    guard lines > 0 else { return end }
    let last = end - 1
    var left = lines
    while end > 0 {
      let begin = max(0, end - chunk.count)
      let bytes: [UInt8]
      do { bytes = try file.descriptor.bytes(at: begin, count: end - begin) } catch {
        throw FileError("\(path) cannot be read", error)
      }
      for (offset, byte) in bytes.enumerated().reversed() where byte == 0x0a && begin + offset != last {
        left -= 1
        if left == 0 { return begin + offset + 1 }
      }
      end = begin
    }
    return 0
  }

  private func next(of file: OpenFile) throws(Errno) -> Int {
    try chunk.withUnsafeMutableBytes { bytes in
      Result { () throws(Errno) in try file.descriptor.file.get(into: bytes, at: file.position) ?? 0 }
    }.get()
  }

  private var path: String { tasks.appending(uid).appending(name).string }

  /// The file that comes after the one that was read; `nil` when that is still the task's, or none is there yet.
  private func nextFile() throws(FileError) -> OpenFile? {
    let identity = file?.identity
    if let identity, FileIdentity(FilePath(path)) == identity { return nil }
    // Where it is among the attempts, if it is still there.
    let attempts = attempts
    if let identity,
      let index = attempts.firstIndex(where: { FileIdentity(FilePath($0)) == identity })
    {
      for path in attempts[(index + 1)...] {
        // One that ended before it printed has none.
        if let next = try open(path) { return next }
      }
    }
    return try open(path)
  }

  private func open(_ path: String) throws(FileError) -> OpenFile? {
    do { return OpenFile(try Descriptor.open(.file, path)) } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  /// The outputs of earlier attempts, in their order: `task.000042.attempt1`, `task.000042.attempt1.2`, `….attempt2`.
  private var attempts: [String] {
    let prefix = "\(uid).attempt"
    let found = directoryEntries(tasks.string).compactMap { entry -> (name: String, order: [Int])? in
      guard entry.hasPrefix(prefix) else { return nil }
      let order = entry.dropFirst(prefix.count).split(separator: ".").map { Int($0) ?? 0 }
      return (entry, order)
    }
    return found.sorted { $0.order.lexicographicallyPrecedes($1.order) }
      .map { tasks.appending($0.name).appending(name).string }
  }
}
