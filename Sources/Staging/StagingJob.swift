import Glibc
import Platform
import Synchronization
import SystemPackage
import Work

/// Brings the files of a plan to their places, all of them or, when one of them cannot come, none.
///
/// It works in three passes: one that finds every refusal and changes nothing; one that makes copies under names of their
/// own beside the targets; one that gives all of them their names. Whatever happens before the last leaves all as it was.
public final class StagingJob: Sendable {
  private let plan: StagingPlan
  /// Looks that are left until it ends; tests end it at each of them.
  private let looks = Atomic(Int.max)

  private let found = Mutex(StagingMeetings())

  public init(_ plan: StagingPlan) { self.plan = plan }

  /// Where its files came in place of those of other tasks, when it has ended.
  public var meetings: StagingMeetings { found.withLock { $0 } }

  /// Has it end soon, from any thread; what it has made is removed.
  public func cancel() { cancel(afterChecks: 0) }

  package func cancel(afterChecks count: Int) { looks.store(count, ordering: .relaxed) }

  func check() throws(Refusal) {
    let left = looks.load(ordering: .relaxed)
    if left == .max { return }
    if left <= 0 { throw .canceled }
    looks.store(left - 1, ordering: .relaxed)
  }

  /// Brings the files; it may take long, and blocks.
  ///
  /// - Parameter brought: where it is noted who brought what; `nil` when no other task brings files to the same places.
  /// - Returns: what has to go when the task has come to a good end: the sources of its moved inputs.
  /// - Throws: `StagingError` that names the file and what was wrong with it.
  public func run(noting brought: BroughtFiles? = nil) throws(StagingError) -> [StagingRemoval] {
    defer { if let brought { found.withLock { $0 = brought.meetings } } }
    var later: [StagingRemoval] = []
    var index = 0
    while index < plan.steps.count {
      let end = endOfGroup(from: index)
      let group = try lookAt(index..<end)
      try carryOut(group, brought)
      let removals = group.flatMap(\.removals)
      if plan.direction == .input { later += removals } else { Self.remove(removals) }
      index = end
    }
    return later
  }

  /// Removes the names that a move leaves behind; a file that has changed since it was looked at stays.
  public static func remove(_ removals: [StagingRemoval]) {
    for removal in removals {
      guard let now = try? FileFacts.ofName(removal.path), now.isUnchanged(from: removal.facts) else { continue }
      // A directory that got another file meanwhile stays, with it.
      _ = removal.path.withPlatformString { now.kind == .directory ? rmdir($0) : unlink($0) }
    }
  }

  // MARK: First pass

  /// Steps are looked at together until one may need what another brings.
  private func endOfGroup(from start: Int) -> Int {
    var end = start
    var changed: [[FilePath.Component]] = []
    while end < plan.steps.count {
      let step = plan.steps[end]
      // Where `..` leads to, only the kernel knows: such a step is on its own.
      guard var source = Self.names(in: step.source), var target = Self.names(in: step.target) else { break }
      if let pattern = source.firstIndex(where: { FileNamePattern.isPattern($0.bytes) }),
        (try? FileFacts.ofName(FilePath(step.source))) == nil
      {
        // It stands for whatever is there when its turn comes.
        source.removeSubrange(pattern...)
        target.removeLast(min(1, target.count))
      }
      if changed.contains(where: { source.starts(with: $0) || $0.starts(with: source) }) { break }
      changed.append(target)
      if step.action == .move { changed.append(source) }
      end += 1
    }
    return max(end, start + 1)
  }

  /// The names on the way; `nil` when one of them is `..`.
  private static func names(in path: String) -> [FilePath.Component]? {
    let components = FilePath(path).components
    return components.contains { $0.kind == .parentDirectory } ? nil : components.filter { $0.kind == .regular }
  }

  private func lookAt(_ steps: Range<Int>) throws(StagingError) -> [Bringing] {
    var group: [Bringing] = []
    for index in steps {
      let step = plan.steps[index]
      let written = FilePath(step.source)
      var target = FilePath(step.target)
      do throws(Refusal) {
        var into = step.target.hasSuffix("/")
        var sources = [written]
        var isPattern = false
        if let matches = try SourcePattern.matches(of: written) {
          guard !matches.isEmpty else { throw .missing("matches no file (looked for \(written))") }
          if !into, let name = written.lastComponent, name == target.lastComponent,
            FileNamePattern.isPattern(name.bytes)
          {
            // `*.gro` to `*.gro`: each keeps its name.
            (into, target) = (true, target.parent)
          }
          guard into || matches.count == 1 else {
            throw .because(
              "it stands for \(matches.count) files, and only a directory (with '/' at its end) can take them")
          }
          sources = matches
          isPattern = true
        } else if let earlier = step.earlier, try FileFacts.ofName(written) == nil,
          try FileFacts.ofName(FilePath(earlier)) != nil
        {
          sources = [FilePath(earlier)]
        }
        group += try bringings(of: index, sources, isPattern, to: target, into: into)
      } catch { throw self.error(error, step, target) }
    }
    return group
  }

  private func bringings(
    of index: Int, _ sources: [FilePath], _ isPattern: Bool, to target: FilePath, into: Bool
  ) throws(Refusal) -> [Bringing] {
    let step = plan.steps[index]
    var places: [FilePath: FilePath] = [:]
    var result: [Bringing] = []
    for source in sources {
      var pass = FirstPass(job: self, action: step.action, isLater: plan.direction == .input)
      let place = try pass.run(source, isDirectory: step.source.hasSuffix("/"), target: target, into: into)
      if let other = places.updateValue(source, forKey: place) {
        throw .because("both \(other) and \(source) would be \(place)")
      }
      result.append(
        Bringing(step: index, target: place, isPattern: isPattern, operations: pass.operations, removals: pass.removals)
      )
    }
    return result
  }

  private func error(_ refusal: Refusal, _ step: StagingPlan.Step, _ target: FilePath) -> StagingError {
    let what = "the \(plan.direction.rawValue) '\(step.named)'"
    return switch refusal {
    case .canceled: .canceled
    case .missing(let words): .refused("\(what) \(words)")
    case .because(let reason, _):
      .refused("\(what) could not be brought to \(target) (\(step.action.rawValue)): \(reason)")
    }
  }

  // MARK: Second and third pass

  private func carryOut(_ group: [Bringing], _ brought: BroughtFiles?) throws(StagingError) {
    var work = StagingWork(job: self, tag: plan.tag, isSynced: plan.direction == .output, brought: brought)
    for isLast in [false, true] {
      for bringing in group {
        do throws(Refusal) {
          for operation in bringing.operations {
            if isLast {
              try work.commit(operation, isExact: !bringing.isPattern && operation.target == bringing.target)
            } else {
              try work.prepare(operation)
            }
          }
        } catch {
          work.undo()
          throw self.error(error, plan.steps[bringing.step], bringing.target)
        }
      }
    }
    work.finish()
  }
}
