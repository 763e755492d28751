import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

/// Opening what others may have put there.
@Suite struct OpeningTests {
  private let place: TemporaryDirectory
  init() throws { place = try TemporaryDirectory() }

  /// What is said instead of opening it; `nil` when it is opened.
  private func problem(
    _ name: String, _ kind: FileKind = .file, flags: Int32 = O_RDONLY, followsLinks: Bool = true,
    owner: FileOwner = .anyone, limit: Int = .max
  ) -> String? {
    do {
      _ = try Descriptor.open(
        kind, "\(place.path)/\(name)", flags: flags, followsLinks: followsLinks, owner: owner, limit: limit)
      return nil
    } catch { return error.description.replacing("\(place.path)/", with: "") }
  }

  /// One of each kind, by name.
  private func makeAll() throws {
    try place.write("text", to: "file")
    mkdir(place.path + "/directory", 0o700)
    #expect(mkfifo(place.path + "/fifo", 0o600) == 0)
    #expect(symlink("file", place.path + "/link") == 0 && symlink("fifo", place.path + "/to-fifo") == 0)
    #expect(symlink("/dev/zero", place.path + "/device") == 0 && symlink("nowhere", place.path + "/dangling") == 0)
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(place.path)/socket".utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, size) }
    }
    #expect(bound == 0)
  }

  @Test(arguments: [O_RDONLY, O_WRONLY, O_RDWR | O_APPEND, O_WRONLY | O_CREAT | O_TRUNC])
  func `what is something else is named, however it is opened, and nobody waits`(flags: Int32) throws {
    try makeAll()
    #expect(problem("file", flags: flags) == nil)
    #expect(problem("link", flags: flags) == nil)
    for (name, words) in [
      ("directory", "a directory"), ("fifo", "a FIFO"), ("to-fifo", "a FIFO"), ("device", "a device"),
      ("socket", "a socket"),
    ] {
      #expect(problem(name, flags: flags) == "\(name) is \(words), not a file")
    }
    #expect(problem("link", flags: flags, followsLinks: false) == "link is a symbolic link, not a file")
    #expect(problem("dangling", flags: flags, followsLinks: false) == "dangling is a symbolic link, not a file")
  }

  @Test func `directories are opened as such`() throws {
    try makeAll()
    #expect(symlink("directory", place.path + "/to-directory") == 0)
    #expect(problem("directory", .directory) == nil && problem("to-directory", .directory) == nil)
    for (name, words) in [("file", "a file"), ("fifo", "a FIFO"), ("socket", "a socket"), ("device", "a device")] {
      #expect(problem(name, .directory) == "\(name) is \(words), not a directory")
    }
    #expect(
      problem("to-directory", .directory, followsLinks: false) == "to-directory is a symbolic link, not a directory")
    #expect(problem("none", .directory) == "none cannot be read: No such file or directory")
    #expect(problem("file/below") == "file/below cannot be read: Not a directory")
    // Relative to one that is open, whatever stands at its path by now.
    let directory = try Descriptor.open(.directory, "\(place.path)/directory")
    let made = try Descriptor.open(.file, "new", in: directory.number, flags: O_WRONLY | O_CREAT | O_EXCL)
    try made.writeAll(Array("new".utf8))
    #expect(place.text("directory/new") == "new")
  }

  @Test func `what is too long, or of somebody else, is refused`() throws {
    try place.write("12345", to: "file")
    #expect(problem("file", limit: 5) == nil)
    #expect(problem("file", limit: 4) == "file cannot be read: File too large")
    // 60 GB that take no room.
    #expect(truncate(place.path + "/file", 60 << 30) == 0)
    #expect(problem("file", limit: 1 << 30) == "file cannot be read: File too large")
    #expect(problem("file", owner: .thisUser) == nil)
    let other = geteuid() == 0 ? uid_t(65534) : geteuid() + 1
    if geteuid() == 0 {
      // Root may give it away; what is root's is good for everyone.
      #expect(problem("file", owner: .user(other)) == nil)
      #expect(chown(place.path + "/file", other, gid_t.max) == 0)
      #expect(problem("file", owner: .thisUser) == "file belongs to \(userName(of: other)), not to you")
    } else {
      #expect(problem("file", owner: .user(other)) == "file belongs to \(userName()), not to \(userName(of: other))")
    }
  }

  @Test func `nothing of another file is cut or waited for`() throws {
    try makeAll()
    // O_TRUNC takes effect after the look.
    let other = geteuid() == 0 ? uid_t(65534) : geteuid() + 1
    if geteuid() == 0 { #expect(chown(place.path + "/file", other, gid_t.max) == 0) }
    let owner: FileOwner = geteuid() == 0 ? .thisUser : .user(other)
    #expect(problem("file", flags: O_WRONLY | O_CREAT | O_TRUNC, owner: owner) != nil)
    #expect(place.text("file") == "text")
    // Reading and writing wait afterwards, where there is something to wait for.
    let file = try Descriptor.open(.file, "\(place.path)/file", flags: O_RDWR | O_APPEND)
    #expect(fcntl(file.number, F_GETFL) & (O_NONBLOCK | O_APPEND) == O_APPEND)
    #expect(fcntl(file.number, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func `records are written over nothing that waits or is not ours`() throws {
    try makeAll()
    #expect(throws: FileError.self) { try writeFile(place.path + "/fifo", [1]) }
    #expect(throws: FileError.self) { try writeFile(place.path + "/device", [1]) }
    #expect(mkfifo("\(place.path)/record.\(getpid())", 0o600) == 0)
    #expect(throws: FileError.self) { try replaceFile(place.path + "/record", with: [1]) }
    // The name is one of ours: the next time it is free.
    try replaceFile(place.path + "/record", with: [1])
  }
}
