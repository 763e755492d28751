import CTaskLaunch
import Glibc
import SystemPackage

/// What a process asks of the kernel for itself.
public enum ThisProcess {
  /// Makes every orphan among its descendants its child.
  public static func becomeSubreaper() throws(Errno) {
    guard task_become_subreaper() == 0 else { throw Errno.last }
  }

  /// Splits it in two; for a process that has just started, because one with threads must not.
  ///
  /// - Parameter signal: what the child gets when its parent ends.
  /// - Returns: the id of the child, and 0 in the child.
  public static func fork(endingWith signal: Int32) throws(Errno) -> pid_t {
    let child = task_fork(signal)
    guard child >= 0 else { throw Errno.last }
    return child
  }

  /// Gives memory back to the system that was freed: for who has just used much of it, and will not soon again.
  public static func trimMemory() { task_trim_memory() }

  /// Lets go of the code of the program that was needed up to here: what it needs again comes back page by page, from the
  /// system's cache of files. For a process that has started and will mostly wait.
  public static func releaseCode() { task_release_code() }

  /// Sets the name that `ps` and `top` show for it.
  public static func setName(_ name: String) { task_set_process_name(name) }

  /// Keeps what it has open from the programs that it starts, but for the standard streams.
  public static func keepDescriptors() { task_close_descriptors_on_exec(3) }

  /// How many processors it may use: those it may run on, as far as a quota of its control groups lets it.
  public static var availableCores: Int {
    let visible = max(1, CoreMask.own.numbers.count)
    return min(visible, CoreQuota.ofThisProcess() ?? visible)
  }

  /// A child that ended and was not waited for yet: it stays so, which keeps its id, and that of its process group, from
  /// being given to another process meanwhile.
  public static func endedChild() -> pid_t? {
    let pid = task_peek_ended_child()
    return pid > 0 ? pid : nil
  }
}
