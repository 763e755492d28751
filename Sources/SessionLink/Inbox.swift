import Glibc
import JSON
import Platform
import SessionModel
import SystemPackage
import Wire

/// Commands that come as files: from machines that see the session's directory, and not its host's sockets.
///
/// Each file holds what would be said on the control socket: `hello`, then the command. It appears whole, by a rename,
/// and is gone when the host has taken it; the journal says what became of it.
public struct Inbox: Sendable {
  private let path: String
  /// A file of more bytes is not read.
  private static let longest = 8 << 20

  /// What was in a file.
  public struct Item: Sendable {
    public var sender: CommandSender
    public var command: Result<(OperatorCommand, reason: String?), ControlError>
  }

  public init(_ directory: SessionDirectory) { path = directory.path.appending("inbox").string }

  /// Makes the directory, and empties it: what was not taken by an earlier host is out of date.
  ///
  /// - Throws: `FileError` when it cannot be made.
  public func make() throws(FileError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw FileError(description: "\(path) cannot be made: \(text(errno))")
    }
    for name in directoryEntries(path) { unlink("\(path)/\(name)") }
  }

  /// Leaves a command for the host.
  ///
  /// - Parameter token: unique among all senders; by it the record of the command is found in the journal.
  /// - Throws: `ControlError` when it cannot be left there.
  public func put(
    _ command: OperatorCommand, reason: String?, origin: String, token: String
  ) throws(ControlError) {
    var json = JSONWriter()
    ControlRequest(id: 1, .hello(version: ControlRequest.version, origin: origin, isReadOnly: false)).write(to: &json)
    ControlRequest(id: 2, .command(command, reason: reason, token: token)).write(to: &json)
    guard json.bytes.count <= Self.longest else {
      throw ControlError(.tooLarge, "a command has at most \(Self.longest) bytes: submit less at a time")
    }
    do { try replaceFile("\(path)/\(token).json", with: json.bytes) } catch {
      throw ControlError(.unreachable, "the command cannot be left for the host of the session: \(error)")
    }
  }

  /// Takes what has come since the last time.
  public func take() -> [Item] {
    directoryEntries(path).filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      let file = "\(path)/\(name)"
      defer { unlink(file) }
      return read(file)
    }
  }

  private func read(_ file: String) -> Item? {
    // What another user put here, somehow, is nobody's command.
    guard let opened = try? Descriptor.open(.file, file, followsLinks: false, owner: .thisUser),
      let status = try? opened.status()
    else { return nil }
    var sender = CommandSender(user: userName(of: status.st_uid))
    let bytes: [UInt8]
    do { bytes = try opened.readAll(limit: Self.longest, expected: Int(status.st_size)) } catch {
      let problem =
        error == .fileTooLarge
        ? ControlError(.tooLarge, "a command in the inbox was too long")
        : ControlError("a command in the inbox cannot be read: \(error)")
      return Item(sender: sender, command: .failure(problem))
    }
    do {
      let (command, reason) = try Self.command(in: bytes.split(separator: 0x0a), &sender)
      return Item(sender: sender, command: .success((command, reason: reason)))
    } catch { return Item(sender: sender, command: .failure(error)) }
  }

  private static func command(
    in lines: [ArraySlice<UInt8>], _ sender: inout CommandSender
  ) throws(ControlError) -> (OperatorCommand, String?) {
    for line in lines {
      switch try request(line).body {
      case .hello(let version, let origin, _):
        guard version == ControlRequest.version else {
          throw ControlError(
            .unsupportedVersion, "a command in the inbox is of version \(version), not \(ControlRequest.version)")
        }
        sender.origin = origin
      case .command(let command, let reason, let token):
        sender.request = token
        return (command, reason)
      case .follow: break
      }
    }
    throw ControlError("a file in the inbox holds no command")
  }

  private static func request(_ line: ArraySlice<UInt8>) throws(ControlError) -> ControlRequest {
    let result = line.withUnsafeBytes { bytes in
      Result { () throws(ControlError) in try ControlRequest(line: bytes) }
    }
    return try result.get()
  }
}
