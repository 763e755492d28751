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
  static let name = "inbox"

  /// Opened with every use: it may be removed and made again.
  private let directory: HeldDirectory
  /// A file of more bytes is not read.
  private static let longest = 8 << 20

  /// What was in a file.
  public struct Item: Sendable {
    public var sender: CommandSender
    public var command: Result<(OperatorCommand, reason: String?), ControlError>
  }

  /// - Parameter directory: of the session.
  public init(_ directory: HeldDirectory) { self.directory = directory }

  /// Makes the directory, and takes what was not taken by an earlier host: that is out of date.
  ///
  /// - Throws: `FileError` when it cannot be made.
  public func make() throws(FileError) {
    if try !directory.directory(Self.name).isNew { _ = take() }
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
    do { try opened().replaceFile("\(token).json", with: json.bytes) } catch {
      throw ControlError(.unreachable, "the command cannot be left for the host of the session: \(error)")
    }
  }

  /// Takes what has come since the last time.
  public func take() -> [Item] {
    guard let inbox = try? opened() else { return [] }
    return inbox.entries.filter { $0.hasSuffix(".json") }.sorted().compactMap { read($0, in: inbox) }
  }

  private func opened() throws(FileError) -> HeldDirectory { try directory.existing(Self.name) }

  private func read(_ name: String, in inbox: HeldDirectory) -> Item? {
    // What another user put here, somehow, is nobody's command; and nothing else is ours to remove.
    guard let opened = try? Descriptor.open(.file, name, in: inbox.number, followsLinks: false, owner: .thisUser),
      let status = try? opened.status()
    else { return nil }
    inbox.remove(name)
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
