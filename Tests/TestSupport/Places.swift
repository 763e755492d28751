import FoundationEssentials
import Glibc

/// What a test could not do, in words.
public struct TestError: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// The `scalems-top` that was built beside the tests.
public let scalemsTop: String = {
  // The test bundle stands in the folder of the products.
  let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
  return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    + "/scalems-top"
}()

/// The root of the package.
public let packageRoot: String = {
  #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
}()

/// A directory that is gone with its owner.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/scalems-test.\(String(repeating: "X", count: 6))".utf8CString)
    guard let made = mkdtemp(&template), let real = realpath(made, nil) else {
      throw TestError("mkdtemp: \(String(cString: strerror(errno)))")
    }
    defer { free(real) }
    path = String(cString: real)
  }

  deinit { removeTree(path) }

  public func write(_ text: String, to name: String) throws {
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o755)
    guard descriptor >= 0 else { throw TestError("\(name): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw TestError("\(name): short write") }
  }

  public func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  /// The text of a file, or `nil` when there is none.
  public func text(_ name: String) -> String? { contents("\(path)/\(name)") }
}

/// A path without symbolic links; the path itself when there is nothing.
public func realPath(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}

/// The text of a file, or `nil` when there is none.
public func contents(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var result: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65536)
  while case let count = read(descriptor, &chunk, chunk.count), count > 0 { result.append(contentsOf: chunk[..<count]) }
  return String(decoding: result, as: UTF8.self)
}

func removeTree(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
