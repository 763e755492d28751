import Glibc
import Platform
import TestSupport

/// A kind of source, a kind of target and an action.
struct StagingCase: CustomStringConvertible {
  var action: String
  var source: String
  var target: String

  var description: String { "\(action) \(source) → \(target)" }

  static let sources = [
    "file", "file/", "dir", "dir/", "link>file", "link>dir", "dangling", "fifo", "device", "missing", "unreadable",
    "dir+unreadable",
  ]
  static let targets = [
    "missing", "missing/", "deep", "file", "file/", "dir", "dir/", "dir+conflict", "link>file", "link>dir", "link>dir/",
    "dangling", "fifo", "link>source", "same", "same-via-dir", "hard", "inside", "under-file", "readonly", "other",
    "other-file", "full", "full-file",
  ]

  /// Those that make sense, and can be made by this user.
  static func all(hasOther: Bool) -> [StagingCase] {
    var cases: [StagingCase] = []
    for action in ["copy", "link", "move"] {
      for target in targets where hasOther || !target.hasPrefix("other") && !target.hasPrefix("full") {
        for source in sources where source != "device" || geteuid() == 0 {
          let one = StagingCase(action: action, source: source, target: target)
          if one.layout != nil { cases.append(one) }
        }
      }
    }
    return cases
  }

  /// The tree before, and what is given as source and target, relative to the root.
  var layout: (tree: Tree, source: String, target: String)? {
    var tree: Tree = [
      "s": .directory, "t": .directory, "o": .directory, "x": .directory, "o/bystander": .file("BYSTANDER"),
      "ls": .link("s"), "ro": .directory, "ro/old": .file("OLD"),
    ]
    let name = "s/name"
    func strip(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
    switch strip(source) {
    case "file", "unreadable": tree[name] = .file("SRC")
    case "dir", "dir+unreadable":
      tree.merge([
        name: .directory, name + "/a": .file("SRC-a"), name + "/sub": .directory, name + "/sub/b": .file("SRC-b"),
        name + "/.h": .file("SRC-h"), name + "/l": .link("a"), name + "/a b\\*": .file("SRC-blank"),
      ]) { $1 }
    case "link>file": tree.merge([name: .link("real"), "s/real": .file("SRC")]) { $1 }
    case "link>dir":
      tree.merge([name: .link("realdir"), "s/realdir": .directory, "s/realdir/a": .file("SRC-a")]) { $1 }
    case "dangling": tree[name] = .link("nowhere")
    case "fifo": tree[name] = .fifo
    case "device": tree[name] = .device
    default: break
    }
    var to = "t/x"
    switch strip(target) {
    case "deep": to = "t/p/q/x"
    case "file": tree.merge([to: .file("OLD"), "t/x.twin": .file("OLD")]) { $1 }
    case "dir":
      tree.merge([
        to: .directory, to + "/a": .file("OLD-a"), to + "/keep": .file("KEEP"), to + "/sub": .directory,
        to + "/sub/keep": .file("KEEP"),
      ]) { $1 }
    case "dir+conflict":
      tree.merge([
        to: .directory, to + "/sub": .file("OLD-sub"), to + "/keep": .file("KEEP"), to + "/name": .directory,
        to + "/name/keep": .file("KEEP"),
      ]) { $1 }
    case "link>file": tree.merge([to: .link("../o/pointee"), "o/pointee": .file("OLD")]) { $1 }
    case "link>dir":
      tree.merge([to: .link("../o/pdir"), "o/pdir": .directory, "o/pdir/keep": .file("KEEP")]) { $1 }
    case "dangling": tree[to] = .link("../o/nothing")
    case "fifo": tree[to] = .fifo
    case "link>source": tree[to] = .link("../s/name")
    case "same": to = "s/../s/./name"
    case "same-via-dir": to = "ls/name"
    case "hard":
      guard source == "file" || source == "file/" else { return nil }
      tree[to] = tree[name]
    case "inside":
      guard strip(source) == "dir" else { return nil }
      to = name + "/sub/new"
    case "under-file":
      tree["t/f"] = .file("OLD")
      to = "t/f/x"
    case "readonly": to = "ro/x"
    case "other", "full": to = "x/x"
    case "other-file", "full-file":
      to = "x/x"
      tree[to] = .file("OLD")
    default: break
    }
    return (tree, source.hasSuffix("/") ? name + "/" : name, target.hasSuffix("/") ? to + "/" : to)
  }

  /// What the carrier did may be refused although the model sees no reason: there is no room, or no permission.
  var mayFail: Bool { target.hasPrefix("full") || target == "readonly" }
}

/// A directory in which cases are made, and looked at afterwards.
struct StagingPlace {
  /// Whoever brings the files, when the tests are root.
  static let nobody: UInt32 = 65534
  let root: String
  /// A directory on another, small file system.
  let other: String?

  func make(_ staged: StagingCase, _ tree: Tree) throws {
    guard mkdir(root, 0o755) == 0 else { throw TestError("\(root): \(errorText())") }
    if let other { for name in directoryEntries(other) { Self.remove("\(other)/\(name)") } }
    for (path, node) in tree.sorted(by: { $0.key < $1.key }) { try make(path, node, staged) }
    if staged.source == "unreadable" { chmod("\(root)/s/name", 0) }
    if staged.source == "dir+unreadable" { chmod("\(root)/s/name/a", 0) }
    if geteuid() == 0 {
      for path in [""] + tree.keys where path != "x" { lchown("\(root)/\(path)", Self.nobody, Self.nobody) }
      if let other {
        chown(other, Self.nobody, Self.nobody)
        for name in directoryEntries(other) { lchown("\(other)/\(name)", Self.nobody, Self.nobody) }
      }
    }
    chmod("\(root)/ro", 0o555)
    if staged.target.hasPrefix("full"), let other { fill(other) }
  }

  private func make(_ path: String, _ node: Node, _ staged: StagingCase) throws {
    let full = "\(root)/\(path)"
    let made: Int32
    switch node {
    case .directory: made = path == "x" && other != nil ? symlink(other ?? "", full) : mkdir(full, 0o755)
    case .file where path == "t/x.twin": made = link("\(root)/t/x", full)
    case .file where path == "t/x" && staged.target == "hard": made = link("\(root)/s/name", full)
    case .file(let text):
      try writeFile(full, Array(text.utf8), mode: 0o644)
      made = 0
    case .link(let text): made = symlink(text, full)
    case .fifo: made = mkfifo(full, 0o644)
    case .device: made = mknod(full, S_IFCHR | 0o666, makedev(1, 3))
    }
    guard made == 0 else { throw TestError("\(full): \(errorText())") }
  }

  private func makedev(_ major: UInt, _ minor: UInt) -> dev_t { dev_t(major << 8 | minor) }

  private func fill(_ directory: String) {
    let file = open("\(directory)/filler", O_WRONLY | O_CREAT, 0o644)
    let block = [UInt8](repeating: 0, count: 4096)
    while write(file, block, block.count) > 0 {}
    close(file)
  }

  /// What is there; inodes by path.
  func look() -> (tree: Tree, inodes: [String: UInt]) {
    var tree: Tree = [:]
    var inodes: [String: UInt] = [:]
    func walk(_ directory: String) {
      for name in directoryEntries("\(root)/\(directory)") {
        let path = directory.isEmpty ? name : "\(directory)/\(name)"
        if path == "x/filler" { continue }
        var status = stat()
        lstat("\(root)/\(path)", &status)
        if path == "x" {
          tree[path] = .directory
          walk(path)
          continue
        }
        inodes[path] = UInt(status.st_ino)
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
          tree[path] = .directory
          walk(path)
        case S_IFLNK: tree[path] = .link(linkTarget("\(root)/\(path)") ?? "?")
        case S_IFIFO: tree[path] = .fifo
        case S_IFCHR: tree[path] = .device
        default:
          chmod("\(root)/\(path)", 0o644)
          tree[path] = .file(contents("\(root)/\(path)") ?? "?")
        }
      }
    }
    walk("")
    return (tree, inodes)
  }

  static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    chmod(path, 0o700)
    for name in directoryEntries(path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
