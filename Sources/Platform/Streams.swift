import SystemPackage

/// Writes text to standard output at once; a reader that is gone is no error.
public func put(_ text: String) { try? FileDescriptor.standardOutput.writeAll(Array(text.utf8)) }

/// Writes to standard output at once.
///
/// - Returns: whether all was taken: not when nobody reads there any more.
public func put(_ bytes: some Collection<UInt8>) -> Bool {
  (try? FileDescriptor.standardOutput.writeAll(bytes)) != nil
}

/// Writes a sentence to standard error.
public func complain(_ text: String) { try? FileDescriptor.standardError.writeAll(Array((text + "\n").utf8)) }
