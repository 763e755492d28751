import Platform
import SessionLink
import SessionModel
import SystemPackage
import Testing
import Work

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct DirectoryTests {
  private let scratch = Scratch()

  private func problem(_ directory: SessionDirectory) -> String? {
    #expect(throws: SessionDirectory.DirectoryError.self) { try directory.create() }?.description
  }

  @Test func `a session directory and those above it are made for their owner`() throws {
    let directory = SessionDirectory(scratch["runs/today/session.1"])
    _ = try directory.create()
    for name in ["runs", "runs/today", "runs/today/session.1"] { #expect(mode(scratch[name]) == 0o700) }
    #expect(directory.journal == scratch["runs/today/session.1/journal.jsonl"])
    _ = try directory.create()
  }

  @Test(arguments: [0o700, 0o755, 0o2775, 0o777] as [mode_t])
  func `an empty directory that is there is used and keeps its mode`(_ given: mode_t) throws {
    let path = scratch["open"]
    mkdir(path.string, 0o777)
    chmod(path.string, given)
    let (held, warning) = try SessionDirectory(path).create()
    let journal = try Journal(creatingIn: held, session: "s", observer: { _, _ in })
    #expect(mode(path) == given && mode(path.appending("journal.jsonl")) == 0o600)
    #expect(warning?.contains("everybody may write to the session directory \(path)") ?? false == (given == 0o777))
    withExtendedLifetime(journal) {}
  }

  @Test(arguments: ["notes.txt", ".hidden", "inbox", "tasks", "run.json", "checkpoint", "host.json"])
  func `a directory with something of the user's is refused and left as it was`(_ name: String) throws {
    let path = scratch["mine"]
    mkdir(path.string, 0o755)
    put(Array("precious".utf8), into: path.appending(name))
    #expect(
      problem(SessionDirectory(path))
        == "the session directory \(path) is not empty (it holds '\(name)'): "
        + "name an empty directory, or one that is not there yet")
    #expect(bytes(path.appending(name)) == Array("precious".utf8) && mode(path) == 0o755)
  }

  @Test(.enabled(if: geteuid() == 0, "making files of other users takes root"))
  func `a directory of another user, or in one, is refused unless a project shares it`() throws {
    let parent = scratch["theirs"]
    mkdir(parent.string, 0o755)
    chown(parent.string, 54321, 54321)
    let directory = SessionDirectory(parent.appending("s"))
    for given in [0o755, 0o777, 0o1777] as [mode_t] {
      chmod(parent.string, given)
      #expect(problem(directory)?.contains("belongs to 54321, who could exchange a session in it for another") ?? false)
    }
    #expect(mode(directory.path) == nil, "nothing was made there")
    // As project directories are: of somebody's, and of a group that the user belongs to.
    chown(parent.string, 54321, getegid())
    chmod(parent.string, 0o2770)
    #expect(try directory.create().warning == nil)
    mkdir(scratch["given"].string, 0o777)
    chown(scratch["given"].string, 54321, 54321)
    #expect(problem(SessionDirectory(scratch["given"]))?.hasSuffix("cannot be used: it belongs to 54321") ?? false)
  }

  @Test func `a place where everybody may rename what he likes is said`() throws {
    let parent = scratch["open"]
    mkdir(parent.string, 0o700)
    for (given, isSafe) in [(0o777, false), (0o1777, true), (0o775, true), (0o2770, true)] as [(mode_t, Bool)] {
      chmod(parent.string, given)
      let warning = try SessionDirectory(parent.appending("\(given)")).create().warning
      #expect((warning == nil) == isSafe, "\(String(given, radix: 8)): \(warning ?? "")")
    }
  }

  @Test func `sessions stand in a directory with the user's name where somebody else has the other`() throws {
    let own = try SessionsFolder.own(in: scratch.path)
    #expect(own == scratch["scalems-sessions"] && mode(own) == 0o700)
    #expect(try SessionsFolder.own(in: scratch.path) == own)
    rmdir(own.string)
    put([1], into: own)
    let second = try SessionsFolder.own(in: scratch.path)
    #expect(second == scratch["scalems-sessions-\(userName(of: geteuid()))"] && mode(second) == 0o700)
    #expect(SessionsFolder.all(in: scratch.path) == [own, second])
    rmdir(second.string)
    symlink("/nowhere", second.string)
    let error = #expect(throws: SessionDirectory.DirectoryError.self) { try SessionsFolder.own(in: scratch.path) }
    #expect(error?.description.contains("is a directory of yours: name one with --session-dir") ?? false)
  }

  @Test func `a directory that holds a session is refused`() throws {
    let directory = SessionDirectory(scratch["session"])
    _ = try directory.create()
    _ = try Journal(creating: directory.journal, session: "s", observer: { _, _ in })
    #expect(
      problem(directory) == "\(directory.path) holds a session already: name another directory with --session-dir")
  }

  @Test func `a directory that cannot be made says why`() {
    put(Array("x".utf8), into: scratch["file"])
    #expect(
      problem(SessionDirectory(scratch["file/session"]))
        == "the session directory \(scratch["file/session"]) cannot be made: Not a directory")
    let long = scratch[String(repeating: "x", count: 300)]
    #expect(problem(SessionDirectory(long)) == "the session directory \(long) cannot be made: File name too long")
  }

  @Test func `a file is no session directory`() {
    put(Array("x".utf8), into: scratch["file"])
    #expect(
      problem(SessionDirectory(scratch["file"]))
        == "the session directory \(scratch["file"]) cannot be made: Not a directory")
    #expect(mode(scratch["file"]) != 0o700, "it is left as it was")
  }

  /// Root may write everywhere; the read-only disk of `FullDiskTests` stands in for this then.
  @Test(.enabled(if: geteuid() != 0)) func `a directory that may not be written is named`() throws {
    chmod(scratch.path.string, 0o500)
    let new = SessionDirectory(scratch["session"])
    #expect(problem(new) == "the session directory \(new.path) cannot be made: Permission denied")
    chmod(scratch.path.string, 0o700)
  }
}
