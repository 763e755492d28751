#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The text of a file as a person wrote it.
enum SourceText {
  /// A larger file is a mistake: workflows of a million tasks are a few lines with `ensemble`, or a command list.
  static let sizeLimit = 64 << 20

  /// Reads `path`, or says why it cannot be a workflow.
  static func read(_ path: String) throws(WorkflowErrors) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw problem(path, "cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try read(descriptor, path: path)
  }

  /// Reads an open file to its end.
  static func read(_ descriptor: Int32, path: String) throws(WorkflowErrors) -> String {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw problem(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    if status.st_mode & S_IFMT == S_IFDIR { throw problem(path, "is a directory, not a workflow file") }
    // A pipe has no size: the limit is kept while reading.
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = readBytes(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw problem(path, "cannot be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > sizeLimit {
        throw problem(
          path,
          "is larger than \(sizeLimit >> 20) MiB; many alike tasks are one task with 'ensemble', "
            + "many shell commands are a command list (--commands)")
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

/// `read(2)`, out of the way of `SourceText.read`.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
