import SystemPackage

/// Writes text to standard output at once; a reader that is gone is no error.
public func put(_ text: String) { try? FileDescriptor.standardOutput.writeAll(Array(text.utf8)) }

/// Writes a sentence to standard error.
public func complain(_ text: String) { try? FileDescriptor.standardError.writeAll(Array((text + "\n").utf8)) }
