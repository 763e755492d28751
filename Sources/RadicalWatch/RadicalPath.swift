/// What paths say of a session of RADICAL-Pilot, whose id may be any word that a program gave it.
enum RadicalPath {
  /// RADICAL-Pilot's name of the directory that all its sandboxes are in.
  private static let sandbox = "radical.pilot.sandbox"

  /// Whether an id is one that RADICAL-Pilot made up.
  static func isGenerated(_ id: String) -> Bool { id.hasPrefix("rp.session.") && !isFileName(id) }

  /// The pilot's directory that this is, or is in: `…/radical.pilot.sandbox/ID/pilot.0000`.
  static func pilot(above path: String) -> (session: String, directory: String)? {
    let parts = path.split(separator: "/")
    var first = parts.firstIndex { $0 == sandbox }.map { $0 + 1 }
    if first == nil {
      first = parts.indices.dropLast().first { isGenerated(String(parts[$0])) && parts[$0 + 1].hasPrefix("pilot.") }
    }
    guard let first, first + 1 < parts.count else { return nil }
    return (String(parts[first]), "/" + parts[...(first + 1)].joined(separator: "/"))
  }

  /// The session in whose program's directory a file is: `…/ID/ID.prof`, or any in one with an id of RADICAL-Pilot's own.
  static func session(ofFile path: String) -> String? {
    let parts = path.split(separator: "/").suffix(2)
    guard parts.count == 2, let id = parts.first, let file = parts.last, pilot(above: path) == nil else { return nil }
    return isGenerated(String(id)) || file.hasPrefix("\(id).") && isFileName(String(file)) ? String(id) : nil
  }

  /// RADICAL-Pilot calls files by the id and a word more.
  private static func isFileName(_ name: String) -> Bool {
    [".prof", ".log", ".json"].contains { name.hasSuffix($0) }
  }
}
