import Glibc

/// The environment of new processes: that of this process, and what is set over it for one of them.
///
/// The strings of this process's environment are made once and shared by all.
public final class ProcessEnvironment {
  private var base: [(name: String, entry: UnsafeMutablePointer<CChar>)] = []
  public let path: String

  /// - Parameters:
  ///   - leftOut: which of the names are not handed on.
  ///   - defaults: set where this process has no such variable.
  public init(without leftOut: ([String]) -> Set<String> = { _ in [] }, defaults: [(String, String)] = []) {
    var pointer = environ
    while let entry = pointer.pointee {
      // By bytes: to Swift, '=' before a combining character is another character.
      let bytes = UnsafeRawBufferPointer(start: entry, count: strlen(entry))
      let name = String(decoding: bytes.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
      // A session inside a task of another session has its own ids. Where the user stood before is no news of tasks.
      if !name.hasPrefix("SCALEMS_"), name != "OLDPWD" { base.append((name, strdup(entry))) }
      pointer += 1
    }
    let excluded = leftOut(base.map(\.name))
    base.removeAll { name, entry in
      if excluded.contains(name) { free(entry) }
      return excluded.contains(name)
    }
    let given = Set(base.map(\.name))
    for (name, value) in defaults where !given.contains(name) { base.append((name, strdup("\(name)=\(value)"))) }
    path = SystemText.searchPath
  }

  /// Whether new processes have this variable from this one.
  public func has(_ name: String) -> Bool { base.contains { $0.name == name } }

  /// Its variables, each `NAME=VALUE`.
  public var entries: [[UInt8]] {
    base.map { Array(UnsafeRawBufferPointer(start: $0.entry, count: strlen($0.entry))) }
  }

  deinit { for (_, entry) in base { free(entry) } }

  /// Calls `body` with a NULL-terminated environment in which `variables` stand over this process's.
  public func with<R>(_ variables: [(String, String)], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R
  {
    let own = variables.map { strdup("\($0)=\($1)") }
    defer { own.forEach { free($0) } }
    // The base holds no SCALEMS_ variable, so those need no comparison.
    let names = variables.lazy.map(\.0).filter { !$0.hasPrefix("SCALEMS_") }
    let overridden = Set(names)
    var entries: [UnsafeMutablePointer<CChar>?] = []
    entries.reserveCapacity(base.count + own.count + 1)
    for (name, entry) in base where overridden.isEmpty || !overridden.contains(name) { entries.append(entry) }
    entries.append(contentsOf: own)
    entries.append(nil)
    return entries.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return withUnsafePointer(to: nil) { body($0) } }
      return body(start)
    }
  }
}
