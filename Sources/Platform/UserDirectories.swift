import Glibc

/// The user's directory for something: what the variable says, or one below the home directory.
public func userDirectory(_ variable: String, below home: String) -> String {
  // The XDG specification has relative paths ignored.
  if let value = SystemText.variable(variable), value.utf8.first == UInt8(ascii: "/") { return value }
  return homeDirectory() + "/" + home
}

/// The user's home directory.
public func homeDirectory() -> String {
  if let home = SystemText.variable("HOME"), home.utf8.first == UInt8(ascii: "/") { return home }
  return (userEntry(of: getuid()) { SystemText.exact($0.pw_dir) } ?? nil) ?? "/"
}
