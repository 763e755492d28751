import SessionModel
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

// Room for the journal. What is DONE must be in it, or it would run twice: so room for what will be said of the tasks that
// are under way is kept ahead, and when there is none any more, no task is started.

/// How much room a journal keeps ahead.
struct JournalRoom {
  /// Bytes; 0 where the file system keeps none.
  private(set) var wanted = 0

  /// For the end of a session and what else is said in it.
  private static let base = 256 << 10
  /// For all states of a task that runs once, and its reason.
  private static let perTask = 1 << 10
  private static let limit = 64 << 20

  /// - Returns: whether that is more than before.
  mutating func expect(tasks: Int) -> Bool {
    guard tasks > 0 else { return false }
    let more = min(Self.limit, Self.base + min(tasks, Self.limit) * Self.perTask)
    guard more > wanted else { return false }
    wanted = more
    return true
  }

  mutating func isNotKept() { wanted = 0 }
}

extension JournalWriter {
  /// Sees to it that there is room ahead; for that, and for what waits, the checkpoint is given up.
  func keepRoom(_ state: inout State) {
    if state.output.backlogSize > 0, state.output.failure == ENOSPC || state.output.failure == EDQUOT,
      state.checkpointer?.giveUp() ?? false
    {
      state.output.retry()
    }
    guard state.room.wanted > 0 else { return }
    var code = tryToKeepRoom(&state)
    if code != 0, state.checkpointer?.giveUp() ?? false { code = tryToKeepRoom(&state) }
    state.health.room = code
  }

  /// - Returns: 0, or the code of the error when there is no room.
  private func tryToKeepRoom(_ state: inout State) -> Int32 {
    do throws(Errno) {
      try state.output.keepRoom(state.room.wanted)
      return 0
    } catch .noSpace {
      return ENOSPC
    } catch .diskQuotaExceeded {
      return EDQUOT
    } catch {
      // A file system that keeps none for anybody: a full disk is noticed when it takes nothing more.
      state.room.isNotKept()
      return 0
    }
  }
}
