import Glibc
import JSON
import Platform
import SessionModel

/// Who hosts a session: `host.json` in its directory, as long as the host runs; its time stamp is a sign of life.
public struct HostRecord: Equatable, Sendable {
  public static let fileName = "host.json"
  /// Bytes; a file of more is none of ours.
  private static let longest = 1 << 16
  /// Seconds between two signs of life.
  public static let beat = 5.0
  /// Seconds without one after which a host on another machine counts as silent: file systems of many machines show
  /// changes late.
  public static let silence = 30.0

  public var session: String
  /// The machine, without its domain.
  public var host: String
  public var pid: pid_t
  /// When that process started, as in `ProcessIdentity`.
  public var start: UInt64
  /// Path of the control socket on that machine; `nil` when there is none.
  public var socket: String?

  static let record = JSONRecord(
    HostRecord(),
    .required("session", \.session, .text),
    .required("host", \.host, .text),
    .required("pid", \.pid, .integer),
    .required("start", \.start, .integer),
    .optional("socket", \.socket, .text))

  private init() { (session, host, pid, start) = ("", "", 0, 0) }

  /// A record of this process.
  public init(session: String, socket: String?) {
    self.session = session
    host = machineName()
    pid = getpid()
    start = ProcessIdentity(of: getpid())?.start ?? 0
    self.socket = socket
  }

  /// The record in a session's directory; `nil` when there is none, it makes no sense, or another user put it there.
  public init?(in directory: SessionDirectory) {
    guard let record = try? HostRecord(reading: directory) else { return nil }
    self = record
  }

  /// The record in a session's directory.
  ///
  /// - Throws: `FileError` when there is none, it makes no sense, or another user put it there: what is wrong, and where.
  public init(reading directory: SessionDirectory) throws(FileError) {
    let path = Self.path(in: directory)
    let bytes = try readFile(
      path, owner: directory.owner.map(FileOwner.user) ?? .anyone, limit: Self.longest)
    do { self = try Self.record.coding.value(bytes) } catch {
      throw FileError(description: "\(path) is no record of a host: \(error)")
    }
  }

  /// - Throws: `FileError` when it cannot be written.
  public func write(to directory: HeldDirectory) throws(FileError) {
    var json = JSONWriter()
    Self.record.coding.write(self, &json)
    json.endLine()
    try directory.replaceFile(Self.fileName, with: json.bytes)
  }

  public func isThere(in directory: HeldDirectory) -> Bool { directory.status(of: Self.fileName) != nil }

  /// Gives a sign of life.
  ///
  /// - Returns: whether it could be given.
  public static func touch(in directory: HeldDirectory) -> Bool {
    utimensat(directory.number, fileName, nil, AT_SYMLINK_NOFOLLOW) == 0
  }

  public static func remove(from directory: HeldDirectory) { directory.remove(fileName) }

  /// When the newest sign of life was given, by the clock of the file system.
  public static func lastSign(in directory: SessionDirectory) -> Timestamp? {
    var status = stat()
    guard stat(path(in: directory), &status) == 0 else { return nil }
    return Timestamp(status.st_mtim)
  }

  public var isOnThisMachine: Bool { host == machineName() }

  /// Whether the process runs; only for a host on this machine.
  public var isRunning: Bool { ProcessIdentity(pid: pid, start: start).isAlive }

  /// Whether the process is there, and somebody stopped it; only for a host on this machine.
  public var isStopped: Bool { ProcessIdentity(pid: pid, start: start).isStopped }

  /// Whether someone hosts the session, as far as can be told from here.
  public func isLive(in directory: SessionDirectory) -> Bool {
    if isOnThisMachine { return isRunning }
    guard let sign = Self.lastSign(in: directory) else { return false }
    return Timestamp.now.seconds(since: sign) < Self.silence
  }

  static func path(in directory: SessionDirectory) -> String { directory.path.appending(fileName).string }
}
