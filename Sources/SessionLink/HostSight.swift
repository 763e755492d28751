import Glibc
import Platform
import SessionModel

/// What can be told from here of whoever hosts a session.
public enum HostSight: Equatable, Sendable {
  /// Someone hosts it: who, unless that is for others to know.
  case lives(HostRecord?)
  /// Nobody does.
  case gone
  /// Its files say so to others only.
  case unseen

  /// Looks at the files of a session.
  public init(_ directory: SessionDirectory) {
    if let record = HostRecord(in: directory) {
      self = record.isLive(in: directory) ? .lives(record) : .gone
      return
    }
    let isHidden = access(HostRecord.path(in: directory), R_OK) != 0 && errno == EACCES
    // Whoever writes the journal has a lock on it, which everyone sees who may read it.
    switch Journal.isHeld(directory.journal) {
    case true?: self = .lives(nil)
    case false? where Self.wasHostedHere(directory): self = .gone
    default:
      guard isHidden else {
        self = .gone
        return
      }
      let sign = HostRecord.lastSign(in: directory)
      let isFresh = sign.map { Timestamp.now.seconds(since: $0) < HostRecord.silence } ?? false
      self = isFresh ? .lives(nil) : .unseen
    }
  }

  public var record: HostRecord? { if case .lives(let record) = self { record } else { nil } }

  public var isLive: Bool { if case .lives = self { true } else { false } }

  /// Whether the host was a process of this machine, by whom its locks would be seen.
  private static func wasHostedHere(_ directory: SessionDirectory) -> Bool {
    JournalEdges.opening(of: directory.journal)?.info.host == machineName()
  }
}

extension SessionDirectory {
  /// Whose it is; `nil` when that cannot be seen.
  public var owner: uid_t? {
    var status = stat()
    return stat(path.string, &status) == 0 ? status.st_uid : nil
  }

  /// Whether this user may command the session in it: it is his own, or he is root.
  public var isCommandable: Bool { geteuid() == 0 || owner == geteuid() }

  /// Why this user may not command the session in it, in one sentence.
  public var refusal: String {
    let name = owner.map { userName(of: $0) } ?? "somebody else"
    return "the session in \(path) belongs to \(name): you may watch it, and only \(name) commands it"
  }
}
