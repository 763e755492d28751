import Glibc

/// The directory of an earlier attempt, which is kept beside that of the task.
enum EarlierAttempt {
  /// Renames `task.000000` to `task.000000.attempt1`, or to `task.000000.attempt1.2` where that is taken.
  ///
  /// - Parameters:
  ///   - directory: of all tasks.
  ///   - attempt: 0 for one that was begun and did not get as far as its program.
  /// - Returns: its new name; `nil` and `errno` when it cannot be renamed.
  static func setAside(_ uid: String, in directory: Int32, attempt: Int) -> String? {
    let name = "\(uid).attempt\(max(1, attempt))"
    for number in 1...1000 {
      let kept = number == 1 ? name : "\(name).\(number)"
      // A directory is never renamed onto one that has something in it, nor onto a file.
      if renameat(directory, uid, directory, kept) == 0 { return kept }
      guard errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR else { return nil }
    }
    return nil
  }
}
