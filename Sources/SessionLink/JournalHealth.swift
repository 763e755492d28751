import Platform
import SessionModel
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// What is wrong with a journal, and what was said of it; codes are those of the system, 0 is well.
struct JournalHealth {
  /// Why the file takes nothing more.
  var write: Int32 = 0
  /// Why there is no room for what will have to be written, when there is none.
  var room: Int32 = 0
  /// Why its content is not safe on the disk.
  var sync: Int32 = 0
  /// Why it is not at its place, and cannot be made there.
  var place: Int32 = 0
  /// Seconds (calls of `maintain`) before that is tried again.
  var waits = 0

  static let secondsToNextTry = 30
  /// A directory that was moved away may be on its way back.
  private static let secondsAway = 6
  /// Seconds (calls of `maintain`) since the directory was moved away.
  private var away = 0

  /// Whether the journal's directory is not to be waited for any more.
  mutating func hasLostDirectory(_ place: HeldDirectory.Place) -> Bool {
    away = place == .movedAway ? away + 1 : 0
    return place == .removed || away > Self.secondsAway
  }

  private var said = (write: false, room: false, sync: false, place: false)

  /// The worst, in one sentence.
  func problem(_ path: FilePath) -> String? {
    if write != 0 { return writeText(path) }
    if place != 0 { return placeText(path) }
    if room != 0 { return roomText(path) }
    if sync != 0 { return syncText(path) }
    return nil
  }

  /// What began or ended since the last call.
  mutating func news(_ path: FilePath) -> [(level: LogLevel, text: String)] {
    var news: [(LogLevel, String)] = []
    if (write != 0) != said.write {
      news.append(write != 0 ? (.error, writeText(path)) : (.info, "the journal can be written again"))
    }
    if (room != 0) != said.room {
      news.append(room != 0 ? (.error, roomText(path)) : (.info, "there is room for the journal again"))
    }
    if (sync != 0) != said.sync {
      news.append(sync != 0 ? (.error, syncText(path)) : (.info, "the journal is safe on its disk again"))
    }
    if (place != 0) != said.place {
      news.append(place != 0 ? (.error, placeText(path)) : (.info, "the journal \(path) is at its place again"))
    }
    said = (write != 0, room != 0, sync != 0, place != 0)
    return news
  }

  /// Why no task should be started that the journal could not tell of; `nil` when it can.
  func trouble(_ path: FilePath) -> String? {
    if write != 0 { return writeText(path) }
    if room != 0 { return roomText(path) }
    // A network file system says here that it dropped what it had taken.
    return [ENOSPC, EDQUOT, EIO, ESTALE].contains(sync) ? syncText(path) : nil
  }

  private func roomText(_ path: FilePath) -> String {
    "there is no room for the journal \(path) to grow (\(text(room))): no more tasks are started"
  }

  private func writeText(_ path: FilePath) -> String {
    "the journal \(path) cannot be written (\(text(write))): events are kept in memory"
  }

  private func syncText(_ path: FilePath) -> String {
    "the journal \(path) may not survive a crash of the machine (\(text(sync)))"
  }

  private func placeText(_ path: FilePath) -> String {
    let why = place == EEXIST ? "another session writes there" : text(place)
    return "the journal \(path) was removed and cannot be made again (\(why)): nobody else sees what happens"
  }
}
