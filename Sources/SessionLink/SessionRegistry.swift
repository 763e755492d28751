import Platform

/// The sessions of this user, by their ids.
public enum SessionRegistry {
  /// All of them, also those that have closed.
  public static var sessions: LinkDirectory { LinkDirectory(named: "sessions") }
}
