import Glibc
import Platform
import TestSupport
import Testing

@Suite struct LinkDirectoryTests {
  @Test func itKeepsDirectories() throws {
    let place = try TemporaryDirectory()
    let registry = LinkDirectory(directory: "\(place.path)/state/scalems-top/sessions")
    #expect(registry.all().isEmpty)
    try registry.remove("none")
    try registry.add("scalems.2", directory: "/nowhere/2")
    try registry.add("scalems.1", directory: "/nowhere/1")
    try registry.add("scalems.1", directory: "/nowhere/other")
    #expect(registry.all().map { "\($0.id) \($0.directory)" } == ["scalems.1 /nowhere/other", "scalems.2 /nowhere/2"])
    var status = stat()
    #expect(stat(registry.directory, &status) == 0 && status.st_mode & 0o777 == 0o700)
    try registry.remove("scalems.1")
    #expect(registry.all().map(\.id) == ["scalems.2"])
  }

  @Test func itRefusesWhatIsNoID() throws {
    let place = try TemporaryDirectory()
    let registry = LinkDirectory(directory: "\(place.path)/sessions")
    for id in ["", ".", "..", "../x", "a/b", ".hidden"] {
      #expect(throws: LinkDirectory.LinkError.self) { try registry.add(id, directory: "/") }
      #expect(throws: LinkDirectory.LinkError.self) { try registry.remove(id) }
    }
    try place.write("", to: "file")
    let problem = #expect(throws: LinkDirectory.LinkError.self) {
      try LinkDirectory(directory: "\(place.path)/file/sessions").add("a", directory: "/")
    }
    #expect(problem?.description.contains("file/sessions") == true)
  }
}
