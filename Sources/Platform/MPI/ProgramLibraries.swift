import Glibc

/// The shared libraries that a program would load.
public struct ProgramLibraries: Sendable {
  /// File names, and where each was found.
  public var found: [(name: String, path: String?)]

  public var family: MPIFamily? { MPIFamily(libraries: found.map(\.name)) }

  /// Directories that the library of MPI was found in.
  var mpiDirectories: [String] {
    found.compactMap { name, path in
      guard name.hasPrefix("libmpi"), let path, let slash = path.lastIndex(of: "/") else { return nil }
      return String(path[..<slash])
    }
  }

  /// Asks the program's own loader, which starts nothing of the program; `nil` for a script, a static program, and what
  /// cannot be read.
  ///
  /// - Parameter libraryPath: `LD_LIBRARY_PATH` of the program; this process's when `nil`.
  public init?(of program: String, libraryPath: String? = nil) {
    guard let head = Self.head(of: program), let loader = Self.loader(inHead: head), loader.hasPrefix("/") else {
      return nil
    }
    let environment = libraryPath.map { [("LD_LIBRARY_PATH", $0)] } ?? []
    guard
      let outcome = ExternalCommand.runToEnd(
        loader, ["--list", program], environment: environment, limit: .seconds(10))
    else { return nil }
    self.init(loaderSays: outcome.stdout)
  }

  /// - Parameter text: lines as `libmpi.so.40 => /usr/lib/libmpi.so.40 (0x00007f…)`, or `… => not found`.
  init(loaderSays text: String) {
    found = text.split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first else { return nil }
      let name = String(first.split(separator: "/").last ?? first)
      guard words.count >= 3, words[1] == "=>", words[2].hasPrefix("/") else { return (name, nil) }
      return (name, String(words[2]))
    }
  }

  private static func head(of program: String) -> [UInt8]? {
    guard let descriptor = try? Descriptor.open(program, O_RDONLY | O_NONBLOCK) else { return nil }
    var status = stat()
    guard fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = read(descriptor.number, &bytes, bytes.count)
    return count > 0 ? Array(bytes[..<count]) : nil
  }

  /// The path that an ELF file names as its loader, of what stands at the beginning of the file.
  static func loader(inHead bytes: [UInt8]) -> String? {
    // Of this machine's kind alone: 64 bits, little end first.
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
    func number(_ offset: Int, _ size: Int) -> Int? {
      guard offset >= 0, offset <= bytes.count - size else { return nil }
      return Int(exactly: bytes[offset..<(offset + size)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
    guard let table = number(0x20, 8), let size = number(0x36, 2), let count = number(0x38, 2), size >= 56,
      table < bytes.count
    else { return nil }
    for index in 0..<count {
      let header = table + index * size
      guard let kind = number(header, 4), let offset = number(header + 8, 8), let length = number(header + 32, 8)
      else { return nil }
      // PT_INTERP
      guard kind == 3 else { continue }
      guard offset < bytes.count, length > 1, length <= bytes.count - offset else { return nil }
      return String(decoding: bytes[offset..<(offset + length)].prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
  }
}
