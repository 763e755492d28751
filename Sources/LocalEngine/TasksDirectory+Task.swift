import Glibc
import Platform

extension TasksDirectory {
  /// Why the directory of a task was not made.
  struct MakeError: Error {
    /// What `errno` said.
    var code: Int32
    var isOfEarlierAttempt: Bool

    /// - Parameter directory: that of the task, as people are shown it.
    func sentence(of directory: String) -> String {
      isOfEarlierAttempt
        ? "\(directory) of an earlier attempt could not be set aside: \(errorText(code))"
        : "its directory \(directory) could not be made: \(errorText(code))"
    }
  }

  /// Makes the directory of a task. Another attempt begins with nothing of the earlier one, which stays beside it.
  ///
  /// - Parameter attempt: the number of the earlier attempt whose directory may be there; `nil` when what is there is
  ///   this attempt's own, which was put back.
  /// - Returns: the name that the directory of the earlier attempt has now, if there was one.
  func make(_ uid: String, after attempt: Int?) throws(MakeError) -> String? {
    if mkdirat(number, uid, 0o700) == 0 { return nil }
    guard errno == EEXIST else { throw MakeError(code: errno, isOfEarlierAttempt: false) }
    guard let attempt else { return nil }
    guard let kept = EarlierAttempt.setAside(uid, in: number, attempt: attempt), mkdirat(number, uid, 0o700) == 0 else {
      throw MakeError(code: errno, isOfEarlierAttempt: true)
    }
    return kept
  }
}
