import Glibc
import Platform

/// The directory `tasks` of a session, with one for each task, held open: what is made, written and run there is found
/// from it, whatever stands at the session's path by then.
final class TasksDirectory {
  /// Another directory stands where the session's was: nothing is done any more.
  struct Exchanged: Error, CustomStringConvertible {
    var description: String

    init(_ directory: HeldDirectory) {
      description = "another directory stands where that of the session was, \(directory.path): nothing is run there"
    }
  }

  private static let name = "tasks"

  private let session: HeldDirectory
  private var tasks: HeldDirectory
  /// The directory that the host made again; it may not be at its place at this moment.
  private var awaited: String?

  /// - Parameter session: its directory.
  /// - Throws: `FileError` when it cannot be made, or is another user's.
  init(of session: HeldDirectory) throws(FileError) {
    self.session = session
    tasks = try Self.make(in: session)
  }

  var number: Int32 { tasks.number }

  /// A task's directory for this process and those that start in it; people are shown another path.
  func place(of uid: String) -> String { "\(tasks.heldPath)/\(uid)" }

  /// The same for any other process of this user, as long as this one runs.
  func sharedPlace(of uid: String) -> String { "/proc/\(getpid())/fd/\(tasks.number)/\(uid)" }

  func follow(_ identity: String) { awaited = identity }

  /// Looks whether the directories of the session and its tasks are where they were.
  ///
  /// - Returns: what is lacking when they are not there.
  /// - Throws: `Exchanged` when another one is in the place of the session's.
  func check() throws(Exchanged) -> Shortage? {
    if let awaited, session.follow(awaited) {
      self.awaited = nil
      if let shortage = remake() { return shortage }
    }
    switch session.place {
    case .itself: break
    case .movedAway, .removed: return Self.isMissing(session)
    case .unknown(let code): return Shortage(reason: "the directory of the session \(session.path): \(code)")
    case .replaced(let owner):
      // Its host may have made it again, and says so in a moment, or ends the session.
      guard owner != geteuid() else { return Shortage(reason: Exchanged(session).description) }
      throw Exchanged(session)
    }
    switch tasks.place {
    case .itself, .replaced: return nil
    case .removed: return remake()
    case .movedAway, .unknown: return Self.isMissing(tasks)
    }
  }

  private static func isMissing(_ directory: HeldDirectory) -> Shortage {
    Shortage(reason: "the directory \(directory.path) is not there")
  }

  private func remake() -> Shortage? {
    do throws(FileError) { tasks = try Self.make(in: session) } catch { return Shortage(reason: "\(error)") }
    return nil
  }

  /// Makes it, or takes the one that is there.
  ///
  /// RADICAL-Pilot's tasks are elsewhere, and a link with this name shows where: of a session that goes on here, the link
  /// is kept under another name.
  ///
  /// - Throws: `FileError` when it cannot be made, or is another user's.
  static func make(in directory: HeldDirectory) throws(FileError) -> HeldDirectory {
    do { return try directory.directory(name).directory } catch {
      guard error.code == .notDirectory || error.code == .tooManySymbolicLinkLevels else { throw error }
      do { try directory.rename(name, to: "\(name).radical") } catch {
        throw FileError("\(directory.path)/\(name)", error)
      }
      return try directory.directory(name).directory
    }
  }
}
