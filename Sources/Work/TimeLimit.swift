import Words

/// Why a task ended whose time limit passed, for people; the same whoever ran it.
public func timeLimitPassed(_ seconds: Double) -> String { "its time limit of \(Format.plainSeconds(seconds)) passed" }
