import Glibc
import Platform
import SessionModel
import Words
import Work

/// The open standard streams of a task that is about to start.
struct TaskFiles {
  struct TaskFilesError: Error, CustomStringConvertible {
    var description: String
    /// What is lacking, when it is not the task's own fault.
    var shortage: Shortage?
  }

  private(set) var input: Int32 = -1
  private(set) var output: Int32 = -1
  private(set) var error: Int32 = -1

  /// Opens (and for output makes) the files of the description; readable by their owner only.
  ///
  /// - Parameter directory: of the task, for this process.
  static func open(
    _ description: TaskDescription, _ locations: Locations, in directory: String
  ) -> Result<TaskFiles, TaskFilesError> {
    var files = TaskFiles()
    func fail(
      _ text: String, _ code: Int32, _ need: Shortage.Need = .ownFile
    ) -> Result<TaskFiles, TaskFilesError> {
      files.close()
      let text = text.replacing(directory, with: locations.task)
      return .failure(TaskFilesError(description: text, shortage: Shortage(code, need, text)))
    }
    switch description.stdin {
    case nil: break
    case .file(let path):
      do throws(FileError) {
        files.input = try InputFile.open(locations.path(of: description.inputLocation(of: path))).release()
      } catch { return fail("the standard input \(error)", error.code?.rawValue ?? 0, .namedFile) }
    case .text(let text):
      let path = directory + "/stdin"
      do throws(FileError) {
        try OwnFile.write(path, Array(text.utf8))
        files.input = try InputFile.open(path).release()
      } catch { return fail("the standard input \(error)", error.code?.rawValue ?? 0) }
    }
    let names = OutputNames(description)
    do throws(FileError) {
      files.output = try OwnFile.make(directory + "/" + names.output, O_APPEND)
      files.error =
        names.areShared
        ? fcntl(files.output, F_DUPFD_CLOEXEC, 3) : try OwnFile.make(directory + "/" + names.error, O_APPEND)
    } catch { return fail(error.description, error.code?.rawValue ?? 0) }
    guard files.error >= 0 else {
      let code = errno
      return fail("'\(names.error)' could not be made: \(errorText(code))", code)
    }
    return .success(files)
  }

  func close() {
    for descriptor in [input, output, error] where descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// The last line of a file that says something.
  static func lastLine(of path: String) -> String {
    let end = endOfFile(path, PrintedText.reach)
    return PrintedText.lastLine(of: end, isCut: end.count == PrintedText.reach)
  }
}
