import Glibc
import Synchronization
import SystemPackage
import Words

// All that this program says, to people and to programs, and the only writers to standard output and standard error.

/// Why standard output did not take all that was written; `nil` when it did so far.
private let failure = Mutex<Errno?>(nil)

/// Writes to standard output, for people.
///
/// - Returns: whether all was taken, of this and of what was written before. Whoever ends the program says so.
@discardableResult
public func put(_ text: TerminalText) -> Bool { putRaw(text.text.utf8) }

/// Writes lines of JSON to standard output, for programs; in one piece, so that who reads meanwhile finds whole lines.
///
/// On a terminal, what could harm it is written as the escapes of JSON, which mean the same.
///
/// - Returns: as `put`.
@discardableResult
public func putJSON(_ lines: [UInt8]) -> Bool { putRaw(harmlessJSON(lines)) }

/// Lines of JSON as `putJSON` writes them, for those who write them in pieces.
public func harmlessJSON(_ lines: [UInt8]) -> [UInt8] {
  isatty(STDOUT_FILENO) == 1 ? TerminalText.harmlessJSON(lines) : lines
}

/// Writes bytes to standard output as they are: for files and programs, never for a terminal.
///
/// - Returns: as `put`.
@discardableResult
public func putRaw(_ bytes: some Collection<UInt8>) -> Bool {
  failure.withLock { failure in
    // Behind a gap nothing makes sense.
    guard failure == nil else { return false }
    failure = FileDescriptor.standardOutput.put(bytes, waits: true).failure
    return failure == nil
  }
}

/// Writes a sentence to standard error.
public func complain(_ text: TerminalText) { prompt("\(text)\n") }

/// Writes bytes to standard error as they are: what a program printed there that the user runs by this one.
public func complainRaw(_ bytes: some Collection<UInt8>) {
  _ = FileDescriptor.standardError.put(bytes, waits: true)
}

/// Writes to standard error what is no whole line, as a question.
///
/// - Parameter waits: whether to wait for a terminal that takes nothing at the moment.
public func prompt(_ text: TerminalText, waits: Bool = true) {
  _ = FileDescriptor.standardError.put(text.text.utf8, waits: waits)
}

/// Whether nobody will read what is written to standard output, as when the other end of a pipe is closed; for those who
/// wait for something to write.
public func hasReaderLeft() -> Bool {
  failure.withLock { failure in
    var item = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    if failure == nil, poll(&item, 1, 0) == 1, item.revents & Int16(POLLERR) != 0 { failure = .brokenPipe }
    return failure != nil
  }
}

/// Closes standard output, which is when some file systems say that they had no room; nothing is written after that.
///
/// - Returns: why it did not take all that was written; `nil` when it did.
public func closeOutput() -> Errno? {
  failure.withLock { failure in
    if failure == nil, close(STDOUT_FILENO) != 0, errno != EINTR, errno != EBADF { failure = Errno.last }
    return failure
  }
}
