import Glibc

/// What a symbolic link says, or `nil` when it is none, or that is no text.
public func linkTarget(_ path: String) -> String? { linkBytes(path).flatMap { String(validating: $0, as: UTF8.self) } }

/// What a symbolic link says, which may be any bytes; `nil` when it is none.
public func linkBytes(_ path: String) -> [UInt8]? {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
  let count = readlink(path, &buffer, buffer.count)
  return count > 0 ? buffer[..<count].map(UInt8.init(bitPattern:)) : nil
}
