// What staging comes to, as a pure function on a tree: the table "Staging" of the README in another form. Both carriers
// are compared with it, so it knows nothing of them.

enum Node: Equatable {
  case file(String)
  case directory
  case link(String)
  case fifo
  case device
}

/// Paths below the root of a case, without a `/` at their ends.
typealias Tree = [String: Node]

struct Refused: Error {
  var why: String
  init(_ why: String) { self.why = why }
}

func up(_ path: String) -> String {
  path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
}

struct Model {
  var tree: Tree
  let root: String

  /// The path without links in it; with `last` false its last part is left as it is.
  func real(_ path: String, last: Bool = true) throws -> String {
    var done = ""
    var rest = path.split(separator: "/").map(String.init)
    var hops = 0
    while !rest.isEmpty {
      let part = rest.removeFirst()
      if part == "." { continue }
      if part == ".." {
        done = up(done)
        continue
      }
      let here = done.isEmpty ? part : "\(done)/\(part)"
      if case .link(let text)? = tree[here], last || !rest.isEmpty {
        hops += 1
        if hops > 40 { throw Refused("too many links") }
        rest = text.split(separator: "/").map(String.init) + rest
        if text.hasPrefix("/") { done = "" }
      } else if !rest.isEmpty, let node = tree[here], node != .directory {
        throw Refused("\(here) is not a directory")
      } else {
        done = here
      }
    }
    return done
  }

  private func below(_ directory: String) -> [String] { tree.keys.filter { $0.hasPrefix(directory + "/") } }

  private func children(_ directory: String) -> [String] {
    below(directory).map { String($0.dropFirst(directory.count + 1)) }.filter { !$0.contains("/") }
  }

  private mutating func makeParents(_ path: String) throws {
    guard !path.isEmpty else { return }
    if tree[path] == nil {
      try makeParents(up(path))
      tree[path] = .directory
    } else if tree[path] != .directory {
      throw Refused("below a file")
    }
  }

  private mutating func put(_ source: String, _ place: String) throws {
    guard let node = tree[source] else { return }
    var place = place
    switch (node, tree[place]) {
    case (_, nil): tree[place] = node
    case (.directory, _):
      place = try real(place)
      guard tree[place] == .directory else { throw Refused("not a directory") }
    case (.file, .file), (.link, .link): tree[place] = node
    default: throw Refused("in the way")
    }
    if node == .directory { for child in children(source) { try put("\(source)/\(child)", "\(place)/\(child)") } }
  }

  /// The tree afterwards.
  mutating func bring(_ action: String, _ given: String, _ target: String, _ staged: StagingCase) throws {
    func strip(_ path: String) -> String { path.hasSuffix("/") ? String(path.dropLast()) : path }
    let source = strip(given)
    if given.hasSuffix("/"), let node = tree[try real(source)], node != .directory { throw Refused("not a directory") }
    let origin = try real(source, last: false)
    let what = try real(source)
    guard let node = tree[what] else { throw Refused("does not exist") }
    switch node {
    case .file, .directory: break
    default: throw Refused("neither file nor directory")
    }
    var target = target
    if target.hasSuffix("/") {
      let directory = try real(target)
      if let node = tree[directory], node != .directory { throw Refused("not a directory") }
      if tree[directory] == nil, tree[try real(strip(target), last: false)] != nil { throw Refused("not a directory") }
      target += source.split(separator: "/").last.map(String.init) ?? ""
    }
    let place = try real(target, last: false)
    if place == origin { return }
    func isLink(_ path: String) -> Bool { if case .link? = tree[path] { true } else { false } }
    if try real(place) == what || staged.target == "hard" {
      guard action == "move" else { return }
      if isLink(origin) || isLink(place) { return }
      tree[origin] = nil
      return
    }
    if node == .directory, (place + "/").hasPrefix(what + "/"), action != "link" { throw Refused("inside itself") }
    if action == "link" {
      if tree[place] != nil, !isLink(place) { throw Refused("in the way") }
      try makeParents(up(place))
      tree[place] = .link("\(root)/\(source)")
      return
    }
    if staged.source.hasSuffix("unreadable") { throw Refused("cannot be read") }
    let wasLink = isLink(origin)
    try makeParents(up(place))
    try put(what, place)
    guard action == "move" else { return }
    // A link goes, what it stands for stays.
    if !wasLink { for path in below(origin) { tree[path] = nil } }
    tree[origin] = nil
  }
}
