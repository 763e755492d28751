import JSON
import Platform

/// What RADICAL-Pilot writes of a session when it closes in order: `tmgr.0000.json` and `pmgr.0000.json`.
enum RadicalDump {
  /// A task's record of RADICAL-Pilot: some 6 kB each.
  private static let longest = 1 << 30

  /// The whole of a task manager's dump; empty when it is none.
  static func tasks(_ path: String) -> [TaskFacts] {
    var facts: [TaskFacts] = []
    read(path, "tasks") { facts.append(TaskFacts($0)) }
    return facts
  }

  /// The directories of the pilots in a pilot manager's dump that can be reached from here.
  static func pilotDirectories(_ path: String) -> [String] {
    var places: [String] = []
    read(path, "pilots") { pilot in
      guard let address = pilot.text("pilot_sandbox"), let place = localPath(address) else { return }
      places.append(place)
    }
    return places
  }

  static func pilots(_ path: String) -> [PilotFacts] {
    var facts: [PilotFacts] = []
    read(path, "pilots") { facts.append(PilotFacts($0)) }
    return facts
  }

  /// `file://localhost/a/b/` is `/a/b`.
  static func localPath(_ address: String) -> String? {
    guard address.hasPrefix("file://") else { return nil }
    let rest = address.dropFirst("file://".count)
    guard let slash = rest.firstIndex(of: "/") else { return nil }
    var path = String(rest[slash...])
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// Its members are in an object by id, or in a list.
  private static func read(_ path: String, _ member: String, _ take: (JSONObject) -> Void) {
    guard let bytes = try? readFile(path, limit: longest) else { return }
    bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      try? scan(&scanner, member, take)
    }
  }

  private static func scan(_ scanner: inout JSONScanner, _ member: String, _ take: (JSONObject) -> Void) throws {
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      guard key.text == member else {
        _ = try scanner.value()
        continue
      }
      if try scanner.kind() == .object {
        try scanner.beginObject()
        while try scanner.nextKey() != nil { take(try JSONObject(&scanner)) }
      } else {
        try scanner.beginArray()
        while try scanner.nextElement() { take(try JSONObject(&scanner)) }
      }
    }
  }
}
