import Glibc
import JSON
import Platform
import SessionModel
import Work

/// Something of ours is lacking for a while, so that a task could not be started: room on the disk, processes, memory,
/// descriptors, a directory. It is no fault of the task, and no attempt of it.
struct Shortage: Error, Equatable {
  /// What could not be done and why, in words.
  var reason: String
  /// Whether it may be the task's own fault after all: a program that is too large for the memory looks like memory that
  /// is short. It is when other tasks can be started meanwhile, see `DispatchPause`.
  var isDoubtful = false
}

extension Shortage {
  /// What a start needs.
  enum Need {
    /// A file or directory that we make in the session's directory.
    case ownFile
    /// A file that the task names.
    case namedFile
    /// A process.
    case process
  }

  /// Every task would meet these, whatever it asks for.
  private static let general: Set<Int32> = [EAGAIN, EMFILE, ENFILE, ENOSPC, EDQUOT, ENOBUFS]
  /// A file system that is not there at the moment, as one of the network.
  private static let awayFileSystem: Set<Int32> = [
    ESTALE, ENOTCONN, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ETIMEDOUT, EREMOTEIO, ENODEV, ESHUTDOWN,
  ]
  /// In the session's directory: it, or its file system, is away, read-only or broken.
  private static let ownPlace: Set<Int32> = [ENOENT, EROFS, EACCES, EPERM, EIO, ENXIO, ENOLCK]

  /// - Parameters:
  ///   - code: what the system said.
  ///   - reason: what could not be done and why, in words.
  /// - Returns: `nil` when it is the task's own fault.
  init?(_ code: Int32, _ need: Need, _ reason: String) {
    if Self.general.contains(code) {
      // A file that is only read needs no room.
      guard need != .namedFile || (code != ENOSPC && code != EDQUOT) else { return nil }
      self.init(reason: reason)
    } else if code == ENOMEM || Self.awayFileSystem.contains(code)
      || (need == .ownFile && Self.ownPlace.contains(code))
    {
      self.init(reason: reason, isDoubtful: true)
    } else {
      return nil
    }
  }

  /// What a task finds wrong is not its fault when one of the directories that it starts from is away.
  init?(awayOf directories: [String], _ reason: String) {
    var place = stat()
    guard let gone = directories.first(where: { stat($0, &place) != 0 }) else { return nil }
    self.init(reason: "\(reason) (the directory \(gone) is not there)", isDoubtful: true)
  }
}

/// What a raptor says, to its agent alone, of an item that it could not start for want of something.
struct RaptorShortage: Equatable {
  var id: TaskID
  var shortage: Shortage

  private static let event = "raptor.shortage"

  init(id: TaskID, shortage: Shortage) {
    self.id = id
    self.shortage = shortage
  }

  /// - Returns: `nil` when the line says something else.
  init?(line: UnsafeRawBufferPointer) {
    guard let members = try? JSONObject(line), (try? members.required("event", .text)) == Self.event,
      let uid = try? members.required("uid", .text), let id = TaskID(uid: uid),
      let reason = try? members.required("reason", .text),
      let isDoubtful = try? members.required("doubtful", .flag)
    else { return nil }
    self.init(id: id, shortage: Shortage(reason: reason, isDoubtful: isDoubtful))
  }

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.member("event", Self.event)
    json.member("uid", id.uid)
    json.member("reason", shortage.reason)
    json.member("doubtful", shortage.isDoubtful)
    json.endObject()
    json.endLine()
  }
}
