import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite struct SystemTextTests {
  private let latin: [UInt8] = Array("caf".utf8) + [0xe9]

  private func withPath<R>(_ place: TemporaryDirectory, _ name: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    let path = Array("\(place.path)/".utf8) + name + [0]
    return body(path.map(CChar.init(bitPattern:)))
  }

  @Test func `names that are no text are passed over, and never repaired`() throws {
    let place = try TemporaryDirectory()
    withPath(place, latin) { _ = mkdir($0, 0o700) }
    mkdir("\(place.path)/café", 0o700)
    #expect(directoryEntries(place.path) == ["café"])
    withPath(place, latin) { _ = symlink($0, "\(place.path)/link") }
    #expect(linkTarget("\(place.path)/link") == nil)
    #expect(linkBytes("\(place.path)/link") == Array("\(place.path)/".utf8) + latin)
    symlink("café", "\(place.path)/other")
    #expect(linkTarget("\(place.path)/other") == "café")
  }

  @Test func `where text ends is told`() {
    let bytes = ([0x61, 0xc3, 0xa9] + latin + [0x0a, 0]).map(CChar.init(bitPattern:))
    #expect(SystemText.fault(bytes) == #"is not UTF-8 at byte 7: 'a\xc3\xa9caf\xe9\x0a'"#)
    #expect(SystemText.fault("café") == nil && SystemText.exact("café") == "café")
    #expect(SystemText.exact(bytes) == nil)
  }
}
