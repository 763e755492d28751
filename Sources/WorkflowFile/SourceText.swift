import Glibc
import Platform
import SystemPackage

/// The text of a file as a person wrote it.
enum SourceText {
  /// A larger file is a mistake: workflows of a million tasks are a few lines with `ensemble`, or a command list.
  static let sizeLimit = 64 << 20

  /// Reads `path`, or says why it cannot be a workflow.
  static func read(_ path: String) throws(WorkflowErrors) -> String {
    let file: Descriptor
    do { file = try Descriptor.open(path, O_RDONLY) } catch { throw problem(path, "cannot be opened: \(error)") }
    return try read(file.number, path: path)
  }

  /// Reads an open file to its end.
  static func read(_ descriptor: Int32, path: String) throws(WorkflowErrors) -> String {
    let bytes: [UInt8]
    // It may be a pipe, which has no size: the limit is kept while reading.
    do { bytes = try FileDescriptor(rawValue: descriptor).readAll(limit: sizeLimit) } catch {
      switch error {
      case .isDirectory: throw problem(path, "is a directory, not a workflow file")
      case .fileTooLarge:
        throw problem(
          path,
          "is larger than \(sizeLimit >> 20) MiB; many alike tasks are one task with 'ensemble', "
            + "many shell commands are a command list (--commands)")
      default: throw problem(path, "cannot be read: \(error)")
      }
    }
    return try decode(bytes, path: path)
  }

  /// The bytes as UTF-8 without a byte order mark.
  static func decode(_ bytes: [UInt8], path: String) throws(WorkflowErrors) -> String {
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    if let text = String(validating: body, as: UTF8.self) { return text }
    // Slow, and only for the message: where the first byte is that is no UTF-8.
    var place = (line: 1, column: 1)
    var decoder = UTF8()
    var iterator = body.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      place = scalar == "\n" ? (place.line + 1, 1) : (place.line, place.column + 1)
    }
    throw WorkflowErrors([
      WorkflowError(path: path, line: place.line, column: place.column, message: "the file is not UTF-8 text here")
    ])
  }

  private static func problem(_ path: String, _ message: String) -> WorkflowErrors {
    WorkflowErrors([WorkflowError(path: path, message: message)])
  }
}
