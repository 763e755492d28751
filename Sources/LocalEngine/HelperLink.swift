import Glibc
import JSON
import Platform
import SessionModel
import Wire

/// What agent and raptor have in common: a loop on the main thread, requests on standard input, events on standard
/// output, and an end that leaves no descendant.
final class HelperLink {
  let loop: PollLoop
  private var output = OutputBuffer(STDOUT_FILENO)
  private var lines = LineReader()
  private var requests = RequestReader()
  private var json = JSONWriter()

  var onRequest: (RequestReader.Outcome) -> Void = { _ in }
  /// Whoever started this process is gone, or SIGTERM came.
  var onEnd: () -> Void = {}

  /// Makes this process a helper.
  ///
  /// - Throws: `HelperLinkError` when the system refuses what a helper needs.
  init(processName: String) throws {
    ThisProcess.setName(processName)
    ThisProcess.keepDescriptors()
    // A key on the terminal is the host's affair, and so is what follows from it.
    for number in [SIGINT, SIGHUP, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU] { signal(number, SIG_IGN) }
    do { try ThisProcess.becomeSubreaper() } catch { throw HelperLinkError(description: "no subreaper: \(error)") }
    do { loop = try PollLoop() } catch { throw HelperLinkError(description: "no pipe: \(error)") }
  }

  var hasWritten: Bool { output.isEmpty }

  /// Runs the loop until it is stopped.
  ///
  /// - Parameter onIdle: called before every sleep.
  func serve(onIdle: @escaping () -> Void = {}) {
    loop.onIdle = { [unowned self] in
      output.flush()
      onIdle()
    }
    loop.add(STDIN_FILENO) { [unowned self] in
      if case .ended = lines.read(STDIN_FILENO, { onRequest(requests.read($0)) }) { onEnd() }
    }
    // A pipe whose reader is gone becomes "readable".
    loop.add(
      STDOUT_FILENO, wantsWrite: { [unowned self] in !output.isEmpty },
      onWritable: { [unowned self] in output.flush() }, onReadable: { [unowned self] in onEnd() })
    loop.onTerminate = { [unowned self] in onEnd() }
    loop.run()
    ProcessTable.killDescendants()
    output.flush()
  }

  /// Takes no more requests.
  func stopListening() {
    loop.remove(STDIN_FILENO)
    loop.remove(STDOUT_FILENO)
  }

  func emit(_ event: SessionEvent) { write { event.write(to: &$0) } }

  func write(_ body: (inout JSONWriter) -> Void) {
    body(&json)
    output.append(json.bytes)
    json.removeAll()
  }
}

/// Why a process could not become a helper.
struct HelperLinkError: Error, CustomStringConvertible {
  var description: String
}
