import Work

extension TaskDescription {
  /// - Throws: `ValueError` that names the item and the value that no task can have.
  func check() throws(ValueError) {
    if function != nil {
      try checkFunction()
    } else if argv.isEmpty {
      throw ValueError("item '\(name)' has no command: its argv is empty")
    }
    guard resources.ranks >= 1, resources.coresPerRank >= 1 else {
      throw ValueError(
        "item '\(name)' has at least one rank and one core a rank, not \(resources.ranks) and \(resources.coresPerRank)"
      )
    }
    guard resources.gpusPerRank >= 0 else {
      throw ValueError("item '\(name)' has no gpu or more, not \(resources.gpusPerRank)")
    }
    if let timeout, !(timeout > 0) || !timeout.isFinite {
      throw ValueError("the timeout of item '\(name)' is more than 0 seconds, not \(timeout)")
    }
    guard retries >= 0, retries <= 250 else {
      throw ValueError("item '\(name)' is run again at most 250 times, not \(retries)")
    }
  }

  /// - Throws: `ValueError` for what only a program can have.
  private func checkFunction() throws(ValueError) {
    guard argv.isEmpty else { throw ValueError("item '\(name)' has both an argv and a function: give one of them") }
    guard raptor else { throw ValueError("item '\(name)' is a function, which goes through the raptor: set raptor") }
    guard stdin == nil else { throw ValueError("item '\(name)' is a function, which has no standard input") }
    guard preExec.isEmpty else {
      throw ValueError("item '\(name)' is a function, which no shell starts: it can have no pre_exec")
    }
    guard resources.ranks == 1 else {
      throw ValueError("item '\(name)' is a function, which runs in one process, not in \(resources.ranks) ranks")
    }
  }
}
