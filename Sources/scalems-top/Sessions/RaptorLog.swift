import Glibc
import Platform
import SessionLink
import SessionModel
import SystemPackage

/// Where the output of a raptor, or of one of its workers, is: RADICAL-Pilot's in its sandbox, to which the session has a
/// link; what the local one complained of in the session's own directory.
struct RaptorLog {
  let uid: String
  let tail: TaskOutputTail
  /// What is read, for people.
  let path: String

  /// - Returns: `nil` when the name is none of a raptor or worker that the session has, or had.
  init?(of uid: String, in directory: SessionDirectory, _ snapshot: SessionSnapshot, _ stream: OutputStream) {
    guard Self.isUID(uid), let raptor = snapshot.raptor else { return nil }
    let pilot = directory.path.appending("radical").appending(snapshot.pilot?.uid ?? "")
    let isRadical = snapshot.pilot != nil && linkTarget(pilot.string) != nil
    let folder = isRadical ? pilot : directory.path
    let (place, name) = isRadical ? (uid, "\(uid).\(stream == .stdout ? "out" : "err")") : (".", "raptor.log")
    let path = folder.appending(place).appending(name).string
    // An earlier one has left its files.
    guard Self.raptor(of: uid) == raptor.uid || (isRadical && access(path, F_OK) == 0) else { return nil }
    if !isRadical, uid != raptor.uid { return nil }
    self.uid = uid
    self.path = path
    tail = TaskOutputTail(in: folder, place, named: name)
  }

  /// Whether it writes no more.
  func hasEnded(_ snapshot: SessionSnapshot) -> Bool {
    guard snapshot.phase != .closed, let raptor = snapshot.raptor, raptor.uid == Self.raptor(of: uid) else {
      return true
    }
    return raptor.state.isFinal && raptor.workerCores ?? 0 == 0
  }

  /// Whether it is `raptor.0000`, or `raptor.0000.worker.1`: nothing else may become part of a path.
  private static func isUID(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    func isNumber(_ part: Substring) -> Bool {
      !part.isEmpty && part.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
    guard parts.count == 2 || parts.count == 4, parts[0] == "raptor", isNumber(parts[1]) else { return false }
    return parts.count == 2 || (parts[2] == "worker" && isNumber(parts[3]))
  }

  private static func raptor(of uid: String) -> String { uid.split(separator: ".").prefix(2).joined(separator: ".") }
}
