import SessionLink
import SessionModel
import SystemPackage
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A small file system of memory; `nil` when this process may not mount one.
private final class SmallDisk {
  let path: FilePath
  private let scratch = Scratch()

  init?(bytes: Int) {
    path = scratch.path
    guard mount("tmpfs", path.string, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
  }

  deinit { umount2(path.string, Int32(MNT_DETACH)) }

  static var isPossible: Bool { SmallDisk(bytes: 4096) != nil }
}

/// On a real disk that is really full; only who may mount one (root) can test that.
@Suite(.enabled(if: SmallDisk.isPossible)) struct FullDiskTests {
  @Test func `events that find no room are kept, shown with a warning, and written later`() throws {
    let disk = try #require(SmallDisk(bytes: 64 << 10))
    defer { withExtendedLifetime(disk) {} }
    let path = disk.path.appending("journal.jsonl")
    let ballast = disk.path.appending("ballast")
    let told = Told()
    let journal = try Journal(creating: path, session: "s") { events, _ in told.add(events) }
    journal.write([log("before")])
    put(repeatElement(0x78, count: 1 << 20), into: ballast)

    let lost = (0..<200).map { log("while full \($0) " + String(repeating: "y", count: 100)) }
    for event in lost { journal.write([event]) }
    let warnings = told.events.filter { if case .log(.error, _) = $0.kind { true } else { false } }
    #expect(warnings.count == 1, "said once")
    #expect(
      warnings.first?.kind
        == .log(
          .error, "the journal \(path) cannot be written (No space left on device): events are kept in memory"))
    #expect(told.events.filter { lost.contains($0) } == lost, "the session goes on")
    #expect(
      journal.problem
        == "the journal \(path) cannot be written (No space left on device): events are kept in memory")
    let meanwhile = try JournalContents(reading: path)
    #expect(meanwhile.events.count < 201)
    #expect(meanwhile.problems.isEmpty, "at worst its last line is torn")

    // Not `unlink`: a process that another test starts at this moment may hold the file open.
    truncate(ballast.string, 0)
    journal.write([log("after")])
    #expect(told.events.last?.kind == .log(.info, "the journal can be written again"))
    let contents = try JournalContents(reading: path)
    #expect(contents.events == told.events, "nothing is missing, nothing is torn")
    #expect(journal.problem == nil)
    #expect(contents.problems.isEmpty)
    #expect(!contents.isTorn)
  }

  @Test func `maintenance writes what waited for room, and the end says what is lost`() throws {
    let disk = try #require(SmallDisk(bytes: 64 << 10))
    defer { withExtendedLifetime(disk) {} }
    let directory = SessionDirectory(disk.path)
    let ballast = disk.path.appending("ballast")
    let told = Told()
    do {
      let journal = try Journal(creating: directory.journal, session: "s") { events, _ in told.add(events) }
      put(repeatElement(0x78, count: 1 << 20), into: ballast)
      let many = (0..<2000).map { log("while full \($0)") }
      journal.write(many)
      journal.maintainNow()
      #expect(journal.problem != nil)
      #expect(told.events.count == 2001)
      #expect(journal.end < 8192, "what can be read is whole lines")
      truncate(ballast.string, 0)
      // Not all of it has room even now.
      journal.maintainNow()
      #expect(journal.problem != nil)
      #expect(try JournalContents(reading: directory.journal).problems.isEmpty)
      let missing = try #require(journal.finish(within: .seconds(20), patience: .zero), "lost silently")
      #expect(missing.contains("could not be written and are lost (No space left on device)"))
      journal.record([log("after the end")])
      #expect(journal.finish(within: .seconds(20), patience: .zero) == nil, "said once")
    }
    #expect(told.events.count == 2001)
  }

  @Test func `room for what is under way is kept ahead: what is said of it goes into a full disk`() throws {
    let disk = try #require(SmallDisk(bytes: 4 << 20))
    defer { withExtendedLifetime(disk) {} }
    let directory = SessionDirectory(disk.path)
    let told = Told()
    let journal = try Journal(creating: directory.journal, session: "s") { events, _ in told.add(events) }
    journal.expect(tasks: 256)
    journal.write([log("before")])
    let size = FileSize(directory.journal)
    #expect(size.bytes < 4096 && size.onDisk >= 500 << 10, "the room is not in the size of the file")
    #expect(journal.trouble == nil)
    fill(disk)
    // Events of tasks that were under way when the room ended.
    for number in 0..<2500 { journal.write([log("while full \(number) " + String(repeating: "y", count: 200))]) }
    guard case .full(let why)? = journal.trouble else { return #expect(Bool(false), "no task may be started") }
    #expect(why == journal.problem)
    #expect(
      why
        == "there is no room for the journal \(directory.journal) to grow (No space left on device): no more tasks are started"
    )
    #expect(try JournalContents(reading: directory.journal).events == told.events, "all of it is in the file")
    truncate(disk.path.appending("ballast").string, 0)
    journal.maintainNow()
    #expect(journal.trouble == nil && journal.problem == nil)
    #expect(told.events.last?.kind == .log(.info, "there is room for the journal again"))
    #expect(journal.finish(within: .seconds(20), patience: .zero) == nil)
    #expect(FileSize(directory.journal).onDisk < 740 << 10, "what was kept and not used is given back")
  }

  @Test func `the checkpoint is given up for room`() throws {
    let disk = try #require(SmallDisk(bytes: 4 << 20))
    defer { withExtendedLifetime(disk) {} }
    let directory = SessionDirectory(disk.path)
    let told = Told()
    let journal = try Journal(creating: directory.journal, session: "s") { events, _ in told.add(events) }
    journal.keepCheckpoints()
    journal.expect(tasks: 256)
    journal.write([log("before")])
    put(repeatElement(0x63, count: 1500 << 10), into: directory.checkpoint)
    fill(disk)
    for number in 0..<4000 { journal.write([log("while full \(number) " + String(repeating: "y", count: 200))]) }
    #expect(mode(directory.checkpoint) == nil)
    #expect(try JournalContents(reading: directory.journal).events.count == 4001, "in the room of the checkpoint")
    #expect(journal.trouble == nil)
  }

  @Test func `work is acknowledged when it is in the file, not when it is kept because that is full`() async throws {
    let disk = try #require(SmallDisk(bytes: 64 << 10))
    defer { withExtendedLifetime(disk) {} }
    let path = disk.path.appending("journal.jsonl")
    let journal = try Journal(creating: path, session: "s", observer: { _, _ in })
    fill(disk)
    let changes = Told()
    journal.onTrouble { changes.add([log("changed")]) }
    journal.write((0..<200).map { log("while full \($0) " + String(repeating: "y", count: 100)) })
    #expect(changes.events.count == 1)
    let acknowledged = Told()
    journal.whenInFile { acknowledged.add([log("acknowledged")]) }
    journal.write([log("more")])
    #expect(acknowledged.events.isEmpty)
    truncate(disk.path.appending("ballast").string, 0)
    journal.maintainNow()
    await journal.written()
    #expect(acknowledged.events.count == 1 && changes.events.count == 2 && journal.trouble == nil)
    // Whoever waits when the session ends learns of that end.
    fill(disk)
    journal.write((0..<600).map { log("while full \($0) " + String(repeating: "y", count: 100)) })
    journal.whenInFile { acknowledged.add([log("the end")]) }
    #expect(journal.finish(within: .seconds(20), patience: .milliseconds(300)) != nil)
    #expect(acknowledged.events.count == 2)
  }

  private func fill(_ disk: borrowing SmallDisk) {
    put(repeatElement(0x78, count: 8 << 20), into: disk.path.appending("ballast"))
  }

  private struct FileSize {
    var bytes = 0
    var onDisk = 0

    init(_ path: FilePath) {
      var status = stat()
      guard stat(path.string, &status) == 0 else { return }
      (bytes, onDisk) = (Int(status.st_size), Int(status.st_blocks) * 512)
    }
  }

  @Test func `a journal that was removed from a full disk is kept in its open file`() throws {
    let disk = try #require(SmallDisk(bytes: 64 << 10))
    defer { withExtendedLifetime(disk) {} }
    let directory = SessionDirectory(disk.path)
    let told = Told()
    let journal = try Journal(creating: directory.journal, session: "s") { events, _ in told.add(events) }
    journal.write((0..<300).map { log("before \($0)") })
    unlink(directory.journal.string)
    let ballast = disk.path.appending("ballast")
    put(repeatElement(0x78, count: 1 << 20), into: ballast)
    for _ in 0..<3 { journal.maintainNow() }
    #expect(journal.problem != nil)
    #expect(mode(directory.journal) == nil)
    #expect(mode(disk.path.appending("journal.jsonl.new")) == nil)
    truncate(ballast.string, 0)
    // It is not tried every second.
    for _ in 0..<31 { journal.maintainNow() }
    #expect(journal.problem == nil)
    #expect(try JournalContents(reading: directory.journal).events == told.events)
  }

  @Test func `a journal that cannot take its header is refused and leaves nothing`() throws {
    let disk = try #require(SmallDisk(bytes: 16 << 10))
    defer { withExtendedLifetime(disk) {} }
    put(repeatElement(0x78, count: 1 << 20), into: disk.path.appending("ballast"))
    let path = disk.path.appending("journal.jsonl")
    let error = #expect(throws: SessionDirectory.DirectoryError.self) {
      try Journal(creating: path, session: "s", observer: { _, _ in })
    }
    #expect(error?.description == "the journal \(path) cannot be written: No space left on device")
    #expect(mode(path) == nil, "an empty journal would make the directory look used")
  }

  @Test func `a read-only disk is named as the reason`() throws {
    let disk = try #require(SmallDisk(bytes: 64 << 10))
    defer { withExtendedLifetime(disk) {} }
    let isReadOnly = mount("tmpfs", disk.path.string, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
    try #require(isReadOnly)
    let new = SessionDirectory(disk.path.appending("session"))
    let error = #expect(throws: SessionDirectory.DirectoryError.self) { try new.create() }
    #expect(error?.description == "the session directory \(new.path) cannot be made: Read-only file system")
    #expect(throws: SessionDirectory.DirectoryError.self) { try SessionDirectory(disk.path).create() }
  }
}
