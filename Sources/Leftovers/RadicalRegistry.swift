import Platform

/// The sessions of RADICAL-Pilot of this user, by our ids of them.
public enum RadicalRegistry {
  /// Those that run, or died and may have left something.
  public static var sessions: LinkDirectory { LinkDirectory(named: "radical") }
}
