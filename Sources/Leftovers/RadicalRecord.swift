import Glibc
import JSON
import Platform

/// What is kept of a RADICAL-Pilot session in its directory, so that a later start can end what it left behind.
///
/// It is `radical.json` in the session's directory. Write it before the session is entered in the ``RadicalRegistry``,
/// and again whenever more is known.
public struct RadicalRecord: Equatable, Sendable {
  public static let fileName = "radical.json"
  private static let longest = 1 << 20

  /// Our id of the session.
  public var session: String
  /// RADICAL-Pilot's: `rp.session.host.user.020779.0000`.
  public var rpSession: String?
  /// The machine it was started on, without its domain.
  public var host: String
  /// The `scalems-top` that hosts the session, and when it started.
  public var owner: pid_t?
  public var ownerStart: UInt64?
  /// The helper that holds the RADICAL-Pilot session, and when it started (as in ``ProcessIdentity``).
  public var helper: pid_t
  public var helperStart: UInt64
  /// The process group of the helper and of what RADICAL-Pilot starts.
  public var group: pid_t
  /// Ids of the Slurm jobs that hold its pilots.
  public var jobs: [String]
  /// RADICAL-Pilot's name of what gives out the resource's nodes, as `SLURM`; `nil` when it is not known.
  public var manager: String?
  /// The directory of the session below RADICAL-Pilot's sandbox.
  public var sandbox: String?
  /// RADICAL-Pilot's name of the resource: `local.localhost`.
  public var resource: String

  private static let record = JSONRecord(
    RadicalRecord(),
    .required("session", \.session, .text),
    .optional("rp_session", \.rpSession, .text),
    .required("host", \.host, .text),
    .optional("owner", \.owner, .integer),
    .optional("owner_start", \.ownerStart, .integer),
    .required("helper", \.helper, .integer),
    .required("helper_start", \.helperStart, .integer),
    .required("group", \.group, .integer),
    .required("jobs", \.jobs, .list(.text)),
    .optional("manager", \.manager, .text),
    .optional("sandbox", \.sandbox, .text),
    .required("resource", \.resource, .text))

  private init() {
    (session, host, resource, jobs) = ("", "", "", [])
    (helper, helperStart, group) = (0, 0, 0)
  }

  /// A record of a helper that runs, in a process group of its own, started by this process.
  public init(
    session: String, helper: pid_t, resource: String, rpSession: String? = nil, jobs: [String] = [],
    sandbox: String? = nil
  ) {
    self.session = session
    self.rpSession = rpSession
    self.host = machineName()
    self.owner = getpid()
    self.ownerStart = ProcessIdentity(of: getpid())?.start
    self.helper = helper
    // 0 is the start of no process: one that is gone already is nobody's.
    self.helperStart = ProcessIdentity(of: helper)?.start ?? 0
    self.group = helper
    self.jobs = jobs
    self.sandbox = sandbox
    self.resource = resource
  }

  /// Reads the record of a session's directory.
  ///
  /// - Throws: `RecordError` when there is none, or it cannot be made sense of.
  public init(reading directory: String) throws(RecordError) {
    let path = "\(directory)/\(Self.fileName)"
    let bytes: [UInt8]
    do { bytes = try readFile(path, limit: Self.longest) } catch {
      throw RecordError(description: error.description, isMissing: error.isMissing)
    }
    do { self = try Self.record.coding.value(bytes) } catch {
      throw RecordError(description: "\(path) is no record of a RADICAL-Pilot session: \(error)", isMissing: false)
    }
  }

  /// Writes the record, readable for its owner only: whoever reads meanwhile sees the one before or this one.
  ///
  /// - Throws: `RecordError` when it cannot be written; the one before is kept then.
  public func write(to directory: HeldDirectory) throws(RecordError) {
    var json = JSONWriter()
    Self.record.coding.write(self, &json)
    json.endLine()
    do { try directory.replaceFile(Self.fileName, with: json.bytes) } catch {
      throw RecordError(description: error.description, isMissing: false)
    }
  }

  /// Whether the `scalems-top` that hosts it runs; on this machine only.
  public var isOwned: Bool {
    guard let owner, let ownerStart else { return false }
    return ProcessIdentity(pid: owner, start: ownerStart).isAlive
  }

  /// Whether its helper runs, or the `scalems-top` that hosts it; on this machine only.
  public var isLive: Bool { isOwned || ProcessIdentity(pid: helper, start: helperStart).isAlive }
}

/// Why there is no record; one sentence for people.
public struct RecordError: Error, CustomStringConvertible, Sendable {
  public var description: String
  /// Whether there is just none.
  public var isMissing: Bool
}
