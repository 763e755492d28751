import Glibc
import Platform
import Staging
import TestSupport
import Testing
import Work

@Suite(.serialized) struct ModelTests {
  @Test(arguments: [StagingDirective.Direction.input, .output])
  func `every source, target and action, as the model says: in Swift`(_ direction: StagingDirective.Direction) throws {
    try check(SwiftCarrier(), direction)
  }

  @Test(arguments: [StagingDirective.Direction.input, .output])
  func `every source, target and action, as the model says: in Python`(_ direction: StagingDirective.Direction) throws {
    try check(PythonCarrier(), direction)
  }

  private func check(_ carrier: some Carrier, _ direction: StagingDirective.Direction) throws {
    let directory = try TemporaryDirectory()
    chmod(directory.path, 0o755)
    let base = realPath(directory.path)
    let other = base + "/small"
    mkdir(other, 0o755)
    // Root of a container may not be allowed to.
    let hasOther = geteuid() == 0 && mount("tmpfs", other, "tmpfs", 0, "size=64k") == 0
    defer { if hasOther { umount(other) } }
    let cases = StagingCase.all(hasOther: hasOther)
    #expect(cases.count >= (hasOther ? 804 : geteuid() == 0 ? 600 : 500))
    var wrong: [String] = []
    for (number, staged) in cases.enumerated() {
      guard let (tree, source, target) = staged.layout else { continue }
      let place = StagingPlace(root: "\(base)/\(number)", other: hasOther ? other : nil)
      try place.make(staged, tree)
      defer { StagingPlace.remove(place.root) }
      let before = place.look()
      #expect(before.tree == tree, "\(staged)")
      if staged.source == "unreadable" { chmod("\(place.root)/s/name", 0) }
      if staged.source == "dir+unreadable" { chmod("\(place.root)/s/name/a", 0) }
      let said = try carrier.bring(
        staged.action, "\(place.root)/\(source)", "\(place.root)/\(target)", direction: direction)
      let after = place.look()
      if let fault = judge(staged, tree, source, target, place.root, said, before, after) {
        wrong.append("\(staged): \(fault) (said: \(said ?? "nothing"))")
      }
    }
    #expect(wrong.count == 0, "\(wrong.count) of \(cases.count): \(wrong.prefix(20).joined(separator: "\n"))")
  }

  /// What is not as the model has it.
  private func judge(
    _ staged: StagingCase, _ tree: Tree, _ source: String, _ target: String, _ root: String, _ said: String?,
    _ before: (tree: Tree, inodes: [String: UInt]), _ after: (tree: Tree, inodes: [String: UInt])
  ) -> String? {
    var model = Model(tree: tree, root: root)
    var why = ""
    do { try model.bring(staged.action, source, target, staged) } catch { why = "\(error)" }
    guard let said else {
      if !why.isEmpty { return "not refused: \(why)" }
      if staged.target == "readonly", model.tree != tree { return "not refused: read-only" }
      if after.tree != model.tree {
        let odd = Set(after.tree.keys).union(model.tree.keys).filter { after.tree[$0] != model.tree[$0] }
        return "another result: \(odd.sorted())"
      }
      if before.tree["t/x.twin"] != nil, after.tree["t/x.twin"] != before.tree["t/x.twin"] { return "written in place" }
      return nil
    }
    if why.isEmpty, !staged.mayFail { return "refused" }
    if said.isEmpty { return "refused without a word" }
    return after.tree == before.tree ? nil : "refused, but something changed"
  }
}
