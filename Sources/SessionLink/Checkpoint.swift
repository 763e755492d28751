import Glibc
import SessionModel
import SystemPackage

/// A snapshot at some place of a journal, kept beside it: so a screen need not read a long journal from its start.
///
/// It is a cache. Whatever is wrong with one, the journal says the same.
struct Checkpoint {
  static let fileName = "checkpoint"
  private static let mark: [UInt8] = Array("scalems checkpoint 1\n".utf8)

  var session: String
  /// Bytes of the journal that the snapshot covers.
  var position: Int
  var snapshot: SessionSnapshot

  init(session: String, position: Int, snapshot: SessionSnapshot) {
    self.session = session
    self.position = position
    self.snapshot = snapshot
  }

  /// The checkpoint in a file; `nil` when there is none that can be relied on.
  init?(reading path: FilePath) {
    let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let headerSize = Self.mark.count + 24
    guard size > headerSize else { return nil }
    let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    defer { munmap(memory, size) }
    let bytes = UnsafeRawBufferPointer(start: memory, count: size)
    guard bytes.starts(with: Self.mark) else { return nil }
    func number(_ index: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: Self.mark.count + index * 8, as: UInt64.self))
    }
    let body = UnsafeRawBufferPointer(rebasing: bytes[headerSize...])
    guard let position = Int(exactly: number(0)), let nameSize = Int(exactly: number(1)), nameSize <= body.count,
      number(2) == Self.sum(body)
    else { return nil }
    session = String(decoding: body[..<nameSize], as: UTF8.self)
    self.position = position
    guard let snapshot = try? SessionSnapshot(decoding: UnsafeRawBufferPointer(rebasing: body[nameSize...])) else {
      return nil
    }
    self.snapshot = snapshot
  }

  /// The file's bytes.
  func encoded() -> [UInt8] {
    let body = Array(session.utf8) + snapshot.encoded()
    var bytes = Self.mark
    for number in [UInt64(position), UInt64(session.utf8.count), body.withUnsafeBytes { Self.sum($0) }] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += body
    return bytes
  }

  /// FNV-1a over words of eight bytes: finds damage, not intent.
  private static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    var offset = 0
    while offset + 8 <= bytes.count {
      sum = (sum ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x0000_0100_0000_01b3
      sum ^= sum >> 29
      offset += 8
    }
    for byte in bytes[offset...] { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return sum
  }
}
