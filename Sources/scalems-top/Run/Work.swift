import Work
import WorkflowFile

/// What a run is given to do.
struct Work {
  enum Source {
    /// - `directory`: what its relative paths refer to.
    case file(WorkflowFile, directory: String)
    /// A list of commands that is all there.
    ///
    /// - `directory`: where they run.
    case commands([CommandList], directory: String)
    /// Commands that come over a pipe.
    case stream(CommandStream, directory: String)
    /// What an earlier host of the session left, or what will be submitted.
    case none
  }

  var title: String
  var source: Source

  var file: WorkflowFile? {
    if case .file(let file, _) = source { file } else { nil }
  }
}

func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
