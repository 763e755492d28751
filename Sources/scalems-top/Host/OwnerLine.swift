@preconcurrency import Dispatch
import Glibc
import JSON
import Platform
import SessionModel
import Synchronization
import SystemPackage

/// The line between a host in the background and the program that started it: standard output of the one, a socket of
/// the other.
///
/// The host says when its session is there, and when all that it was given to do is in the journal. The owner says when the session is to go on without it; one that just
/// disappears takes its session with it, as a hang-up does.
final class OwnerLine: Sendable {
  private let descriptor: Int32
  private let queue = DispatchQueue(label: "owner")
  static let release = UInt8(ascii: "L")

  /// Takes standard output over; what is printed from now on goes nowhere.
  init() {
    descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    redirect(STDOUT_FILENO, to: "/dev/null")
  }

  /// Tells the owner which session was made, and leaves its terminal.
  func ready(session: String, directory: HeldDirectory) {
    var json = JSONWriter()
    json.beginObject()
    json.member("session", session)
    json.member("directory", directory.path)
    json.endObject()
    json.endLine()
    tell(json)
    redirect(STDIN_FILENO, to: "/dev/null")
    guard let log = try? directory.openOwn("host.log", O_RDWR | O_CREAT | O_APPEND) else { return }
    dup2(log.number, STDOUT_FILENO)
    dup2(log.number, STDERR_FILENO)
  }

  /// Tells the owner what became of the work that the session was given: whether it is in the journal, all of it.
  ///
  /// - Parameter problem: why it is not.
  func settled(problem: String?) {
    var json = JSONWriter()
    json.beginObject()
    json.member("taken", problem == nil)
    if let problem { json.member("problem", problem) }
    json.endObject()
    json.endLine()
    tell(json)
  }

  private func tell(_ json: JSONWriter) {
    _ = send(descriptor, json.bytes, json.bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// - Parameter onLoss: called when the owner is gone that did not release the session.
  func watch(onLoss: @escaping @Sendable () -> Void) {
    queue.async { [self] in
      var byte: [UInt8] = [0]
      let count = try? FileDescriptor(rawValue: descriptor).get(into: &byte)
      if count != 1 || byte != [Self.release] { onLoss() }
    }
  }
}

/// Makes a standard stream a file.
private func redirect(_ stream: Int32, to path: String) {
  let file = open(path, O_RDWR | O_CLOEXEC)
  guard file >= 0 else { return }
  dup2(file, stream)
  close(file)
}
