import Glibc
import SessionModel
import TaskOutput
import Work

/// A session of RADICAL-Pilot as its files, and the session itself, tell it from the beginning: each event at the time that
/// RADICAL-Pilot wrote. One thread reads it.
public final class RadicalRecording {
  private let reader: RadicalReader
  private let wire: RadicalWire?

  /// - Parameter follows: whether the session is listened to, too, for what is in no file.
  public init(_ site: RadicalSite, _ sighting: RadicalSighting? = nil, follows: Bool = false) {
    // What a task is, and how it ended, is known from its first event on.
    let whole = RadicalReader(site, sighting)
    whole.readAll(describes: true)
    wire = follows && sighting?.owner != nil ? RadicalWire(site) : nil
    reader = RadicalReader(site, sighting, wire, into: RadicalPicture(recording: whole.picture))
    wire?.start()
  }

  deinit { wire?.close() }

  /// The events since it was asked for last: what there is already is in the order of its times.
  public func next() -> [SessionEvent] {
    // What comes has a name when it has started.
    reader.readAll(describes: wire != nil)
    return reader.takeEvents()
  }

  /// Whether nothing more will come.
  public var isOver: Bool { reader.isOver }
  /// Whether the program ended, and did not close its session.
  public var isGone: Bool { if case .gone = reader.link.host { true } else { false } }
  /// What is known of the session now.
  public var snapshot: SessionSnapshot { reader.picture.snapshot }
  /// What its tasks print.
  public var outputs: RadicalOutputs { RadicalOutputs(pilots: reader.pilots) }
}

/// Where the tasks of a session print to: below the directories of its pilots.
public struct RadicalOutputs: Sendable {
  public var pilots: [String]

  /// The file, which may not be there yet.
  ///
  /// - Parameter uid: what RADICAL-Pilot calls the task.
  public func path(of uid: String, _ stream: OutputStream) -> Result<String, OutputProblem> {
    guard !uid.contains("/") else { return .failure(.noTask(uid)) }
    let file = "\(uid)/\(Self.name(of: uid, stream))"
    guard let pilot = pilot(with: file) else {
      return .failure(OutputProblem(words: "no pilot's directory can be seen from here"))
    }
    return .success("\(pilot)/\(file)")
  }

  /// The file in the directory of its task.
  public static func name(of uid: String, _ stream: OutputStream) -> String {
    "\(uid).\(stream == .stdout ? "out" : "err")"
  }

  /// The pilot's directory that has a file below it. A later pilot ran a task again; while none has, the newest one may
  /// still do so.
  public func pilot(with file: String) -> String? {
    pilots.reversed().first { access("\($0)/\(file)", F_OK) == 0 } ?? pilots.last
  }
}
