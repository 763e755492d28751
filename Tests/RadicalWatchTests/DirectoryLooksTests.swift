import Foundation
import Platform
import TestSupport
import Testing

@testable import RadicalWatch

/// Directories are read when they may have something new, and then always.
@Suite struct DirectoryLooksTests {
  @Test func `nothing that comes is missed, and what stays as it is is not read again`() throws {
    let place = try TemporaryDirectory()
    let looks = DirectoryLooks()
    #expect(looks.names(in: place.path + "/none") == nil)
    #expect(looks.names(in: place.path) == [])
    // Within one tick of the clock.
    try place.write("", to: "a.prof")
    #expect(looks.names(in: place.path) == ["a.prof"])
    #expect(looks.names(in: place.path) == ["a.prof"], "once more: now it cannot have changed unseen")
    #expect(looks.names(in: place.path) == nil)
    try place.write("more", to: "a.prof")
    #expect(looks.names(in: place.path) == nil, "what grows is no new file")
    try place.write("", to: "b.prof")
    #expect(looks.names(in: place.path)?.sorted() == ["a.prof", "b.prof"])
    try FileManager.default.removeItem(atPath: place.path + "/b.prof")
    #expect(looks.names(in: place.path) == ["a.prof"])
  }

  /// Thousands of tasks come one after the other.
  @Test func `large ones are read less often`() throws {
    let place = try TemporaryDirectory()
    for number in 0..<1_001 { try place.write("", to: "task.\(number)") }
    let looks = DirectoryLooks()
    let names = (0..<20).map { _ in looks.names(in: place.path)?.count }
    #expect(names.first == 1_001 && names.contains(nil))
  }
}
