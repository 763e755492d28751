import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import SessionLink

@Suite struct InboxTests {
  private let place: TemporaryDirectory
  private let inbox: Inbox

  init() throws {
    place = try TemporaryDirectory()
    inbox = Inbox(try HeldDirectory(place.path))
    try inbox.make()
  }

  @Test func `a command comes once, with who sent it`() throws {
    try inbox.put(.drain, reason: "storm", origin: "login2 pts/1", token: "t.1")
    try inbox.put(.submit(.commands(CommandList(["true"]))), reason: nil, origin: "login2 pts/1", token: "t.2")
    let items = inbox.take()
    #expect(items.map(\.sender.request) == ["t.1", "t.2"])
    #expect(items[0].sender.origin == "login2 pts/1" && !items[0].sender.user.isEmpty)
    let (command, reason) = try items[0].command.get()
    #expect(command == .drain && reason == "storm")
    #expect(inbox.take().isEmpty)
  }

  @Test func `what is no command is said, and what is no file of ours is passed over`() throws {
    try place.write("garbage\n", to: "inbox/a.json")
    try place.write("", to: "inbox/b.json")
    try place.write(#"{"id":1,"request":"hello","version":4}"# + "\n", to: "inbox/c.json")
    try place.write("half of a file", to: "inbox/d.json.123")
    mkdir("\(place.path)/inbox/e.json", 0o700)
    symlink("/etc/passwd", "\(place.path)/inbox/f.json")
    mkfifo("\(place.path)/inbox/g.json", 0o600)
    let problems = inbox.take().map { item in
      if case .failure(let problem) = item.command { problem.description } else { "" }
    }
    #expect(problems.count == 3 && problems[0].contains("this is no request") && problems[2].contains("version 4"))
    #expect(place.exists("inbox/d.json.123"), "it may still be written")
  }

  @Test func `a new host does not do what was asked of the one before`() throws {
    try inbox.put(.close(), reason: nil, origin: "x", token: "t")
    try inbox.make()
    #expect(inbox.take().isEmpty)
  }

  @Test func `signs of life count by their changes`() {
    var signs = SignsOfLife()
    func at(_ second: Double) -> Timestamp { Timestamp(seconds: second) }
    let start = ContinuousClock.now
    func life(_ lastSign: Double, at second: Double, wall: Double? = nil) -> LinkStatus.Host {
      signs.life(lastSign: at(lastSign), wall: at(wall ?? second), now: start + .seconds(second - 10_000))
    }
    // The other machine's clock is an hour behind.
    #expect(life(6395, at: 10_000) != .alive, "at first its age is all there is")
    #expect(life(6400, at: 10_001) == .alive)
    #expect(life(6400, at: 10_020) == .alive)
    #expect(life(6400, at: 10_040) == .silent(since: at(10_001)))
    #expect(life(6405, at: 10_041) == .alive)
    #expect(life(6405, at: 10_042, wall: 9_000_000) == .alive, "the clock of whoever looks was set forward")
    #expect(life(6405, at: 10_080, wall: -9_000_000) == .silent(since: at(-9_000_039)), "and back")
  }
}
