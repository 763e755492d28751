import Glibc
import SystemPackage

/// Turns what a descriptor delivers into lines.
public struct LineReader {
  private var pending: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 65536)
  /// A peer that sends a longer line is not one of ours.
  public static let longestLine = 64 << 20

  public enum Outcome { case open, ended }

  public init() {}

  /// Reads once and hands out the complete lines, without their line feeds.
  public mutating func read(_ descriptor: Int32, _ body: (UnsafeRawBufferPointer) -> Void) -> Outcome {
    let count: Int
    do throws(Errno) {
      guard let got = try FileDescriptor(rawValue: descriptor).get(into: &chunk, waits: false) else { return .open }
      count = got
    } catch { return .ended }
    guard count > 0 else { return .ended }
    pending.append(contentsOf: chunk[..<count])
    var start = 0
    pending.withUnsafeBytes { bytes in
      // Only the new bytes can hold a line feed that was not seen yet.
      var index = bytes.count - count
      while index < bytes.count {
        if bytes[index] == 0x0a {
          body(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
          start = index + 1
        }
        index += 1
      }
    }
    pending.removeFirst(start)
    return pending.count > Self.longestLine ? .ended : .open
  }
}

/// Bytes on their way to a descriptor that may not block.
public struct OutputBuffer {
  private var pending: [UInt8] = []
  public private(set) var isBroken = false
  public let descriptor: Int32

  public init(_ descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  public var isEmpty: Bool { pending.isEmpty }

  public mutating func append(_ bytes: some Sequence<UInt8>) {
    if !isBroken { pending.append(contentsOf: bytes) }
  }

  /// Writes what the peer takes now.
  public mutating func flush() {
    guard !pending.isEmpty else { return }
    let written = FileDescriptor(rawValue: descriptor).put(pending, waits: false)
    pending.removeFirst(written.count)
    guard written.failure != nil else { return }
    isBroken = true
    pending = []
  }
}
