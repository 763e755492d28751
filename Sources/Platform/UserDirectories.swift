import Glibc

/// The user's directory for something: what the variable says, or one below the home directory.
public func userDirectory(_ variable: String, below home: String) -> String {
  // The XDG specification has relative paths ignored.
  if let value = getenv(variable), value.pointee == UInt8(ascii: "/") { return String(cString: value) }
  return homeDirectory() + "/" + home
}

/// The user's home directory.
public func homeDirectory() -> String {
  if let home = getenv("HOME"), home.pointee == UInt8(ascii: "/") { return String(cString: home) }
  return userEntry(of: getuid()) { String(cString: $0.pw_dir) } ?? "/"
}
