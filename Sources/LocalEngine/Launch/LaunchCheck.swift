@preconcurrency import Dispatch
import Glibc
import Platform
import Work

/// Whether tasks can be launched on this machine, as far as that is known before they start: not behind a `pre_exec`,
/// which may load the module that brings a launcher.
public enum LaunchCheck {
  /// What is wrong with the first of the items that cannot be launched, if any.
  public static func fault(of items: [WorkItem]) async -> String? {
    let launched = items.filter { $0.description.usesLauncher && $0.description.preExec.isEmpty }
    guard !launched.isEmpty else { return nil }
    return await withCheckedContinuation { continuation in
      // It runs programs and waits for them, which the threads of the cooperative pool must not.
      DispatchQueue(label: "launch-check").async { continuation.resume(returning: firstFault(of: launched)) }
    }
  }

  private struct Question: Hashable {
    var launcher: Launcher
    var program: String?
    var path: String
    var libraryPath: String?
  }

  /// More different programs than one looks at before a start; what is wrong with others they say at theirs.
  private static let questionLimit = 50

  private static func firstFault(of items: [WorkItem]) -> String? {
    var asked: Set<Question> = []
    for item in items {
      let description = item.description
      let path = description.environment["PATH"] ?? ProcessEnvironment().path
      var question = Question(
        launcher: description.launcher, path: path, libraryPath: description.environment["LD_LIBRARY_PATH"])
      // A relative path is one in the task's directory, where nothing is yet.
      if let name = description.rankProgram, !name.contains("/") || name.hasPrefix("/"), !name.contains("{member}") {
        question.program = programPath(name, in: path)
      }
      guard asked.insert(question).inserted, asked.count <= questionLimit else { continue }
      do {
        _ = try MPILauncher.choose(
          question.launcher.program, for: question.program, searchPath: path, libraryPath: question.libraryPath,
          hasJob: getenv("SLURM_JOB_ID") != nil)
      } catch {
        let ranks = description.resources.ranks
        return "task '\(description.name)' cannot be launched: \(error)\(advice(error, ranks: ranks))"
      }
    }
    return nil
  }

  /// What would be right, as the end of a sentence about a launcher.
  static func advice(_ problem: MPILauncher.Problem, ranks: Int) -> String {
    guard problem.isMissing else { return "; load the module of the program's own MPI, or put it first in PATH" }
    return "; load a module that has one (in 'pre_exec', say), or write 'launcher: none' for \(ranks) plain "
      + (ranks == 1 ? "process" : "processes that know nothing of each other")
  }
}
