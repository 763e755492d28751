import Glibc
import Platform
import SystemPackage
import Work

/// Which task of a session brought which file, for whoever would replace it: in a file of the session, because its tasks
/// are served by several processes, and on several machines.
///
/// A table of 64 bytes a file, which has room for 262,144 of them in 16 MiB (it has holes where nothing is yet); of a row of
/// eight that is full, the oldest gives way. Files go by inode and name, whole directories, too. `scalems_stage.py`
/// writes the same table.
public final class BroughtFiles {
  private static let slotSize = 64
  private static let textLimit = 54
  private static let slotsOfRow = 8
  private static let rows: UInt64 = 1 << 15

  /// Who brought a file.
  private struct Holder {
    /// The task's id, and its label.
    var text: String
    /// Whether the workflow names the file, so that only tasks of an order could meet there.
    var isExact: Bool

    var task: Substring { text.prefix { $0 != " " } }
    /// `relax.3 (task.000012)`.
    var words: String {
      let label = text.dropFirst(task.count + 1)
      return label.isEmpty ? String(task) : "\(label) (\(task))"
    }
  }

  private let file: Descriptor
  private let me: String
  private let isOrdered: Bool
  private var isLocked = false
  /// Milliseconds, of the whole task, that a lock is waited for.
  private var patience = 3000
  private(set) var meetings = StagingMeetings()

  /// - Parameters:
  ///   - file: open for reading and writing.
  ///   - isOrdered: whether the task waits for others: it may replace by intent what they brought.
  public init(_ file: consuming Descriptor, task: String, label: String, isOrdered: Bool) {
    self.file = file
    self.isOrdered = isOrdered
    var text = label.isEmpty ? task : "\(task) \(label)"
    while text.utf8.count > Self.textLimit { text.removeLast() }
    me = text
  }

  /// - Parameter directory: the session's.
  /// - Returns: `nil` when the file cannot be opened: what meets is not known then.
  public convenience init?(in directory: HeldDirectory, for task: ResolvedTask) {
    guard let file = try? directory.openOwn(StagingMeeting.tableName, O_RDWR | O_CREAT) else { return nil }
    self.init(file, task: task.id.uid, label: task.label, isOrdered: !task.description.after.isEmpty)
  }

  // MARK: While a file gets its name

  /// Keeps others from giving names, for an instant. Where there are no locks, or a process that was stopped holds one, it
  /// goes on without: two that give a name in the same instant may not be told of each other then.
  func lock() {
    while !isLocked, patience > 0 {
      if flock(file.number, LOCK_EX | LOCK_NB) == 0 {
        isLocked = true
      } else if errno == EWOULDBLOCK {
        patience -= 1
        usleep(1000)
      } else {
        patience = 0
      }
    }
  }

  func unlock() {
    if isLocked { flock(file.number, LOCK_UN) }
    isLocked = false
  }

  /// Notes that a name was given to a file.
  ///
  /// - Parameters:
  ///   - replaced: what had the name before.
  ///   - isExact: whether the workflow names the file itself, and no pattern or directory that it is in.
  func note(_ facts: FileFacts, at target: FilePath, replaced: FileFacts?, isExact: Bool) {
    if let replaced, let holder = holder(of: target, replaced), holder.task != Holder(text: me, isExact: true).task,
      !(isExact && holder.isExact && isOrdered)
    {
      meetings.add(
        StagingMeeting(path: target.string, earlier: holder.words, later: Holder(text: me, isExact: isExact).words))
    }
    put(Self.key(facts, target.lastComponent), isExact: isExact && facts.kind != .directory)
  }

  /// Who brought a file, or the directory that it came with.
  private func holder(of target: FilePath, _ facts: FileFacts) -> Holder? {
    if let holder = get(Self.key(facts, target.lastComponent)) { return holder }
    guard
      var path = target.parent.withPlatformString({ realpath($0, nil) }).map({ path in
        defer { free(path) }
        return FilePath(platformString: path)
      })
    else { return nil }
    for _ in 0..<64 {
      guard let name = path.lastComponent, let facts = try? FileFacts.ofName(path) else { return nil }
      if let holder = get(Self.key(facts, name)) { return holder }
      path = path.removingLastComponent()
    }
    return nil
  }

  // MARK: The table

  private static func key(_ facts: FileFacts, _ name: FilePath.Component?) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    // Not the device: machines that share a file system number it as they like.
    for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: facts.identity.inode >> shift)) }
    for byte in name?.bytes ?? [] { add(byte) }
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return max(1, hash)
  }

  private static func offset(_ key: UInt64) -> Int { Int(key >> 20 & (rows - 1)) * slotsOfRow * slotSize }

  private func row(of key: UInt64) -> [[UInt8]] {
    let size = Self.slotsOfRow * Self.slotSize
    var bytes = (try? FileDescriptor(rawValue: file.number).bytes(at: Self.offset(key), count: size)) ?? []
    bytes += [UInt8](repeating: 0, count: max(0, size - bytes.count))
    return stride(from: 0, to: size, by: Self.slotSize).map { Array(bytes[$0..<$0 + Self.slotSize]) }
  }

  private static func bytes(_ key: UInt64) -> [UInt8] {
    stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: key >> $0) }
  }

  private func get(_ key: UInt64) -> Holder? {
    let wanted = Self.bytes(key)
    guard let slot = row(of: key).first(where: { $0.starts(with: wanted) }) else { return nil }
    let text = String(decoding: slot[10..<10 + min(Int(slot[8]), Self.textLimit)], as: UTF8.self)
    return Holder(text: text, isExact: slot[9] == 1)
  }

  /// What cannot be kept is not known later; the files themselves are where they belong.
  private func put(_ key: UInt64, isExact: Bool) {
    let text = Array(me.utf8)
    let slot =
      Self.bytes(key) + [UInt8(text.count), isExact ? 1 : 0] + text
      + [UInt8](repeating: 0, count: Self.textLimit - text.count)
    var row = row(of: key)
    let free = [UInt8](repeating: 0, count: 8)
    let wanted = slot.prefix(8)
    if let index = row.firstIndex(where: { $0.starts(with: wanted) })
      ?? row.firstIndex(where: { $0.starts(with: free) })
    {
      row[index] = slot
    } else {
      row.removeFirst()
      row.append(slot)
    }
    let bytes = Array(row.joined())
    _ = pwrite(file.number, bytes, bytes.count, off_t(Self.offset(key)))
  }
}
