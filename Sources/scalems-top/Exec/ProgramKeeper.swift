import Glibc
import Leftovers
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import Words

/// Runs a program that may open sessions of RADICAL-Pilot, and sees to it that nothing of it is left in the end.
///
/// All of it is a descendant of this process (a subreaper) or carries the id of one of its sessions. One thread runs it.
final class ProgramKeeper {
  /// A count that several threads add to.
  final class Count: Sendable {
    private let number = Atomic(0)
    var count: Int { number.load(ordering: .relaxed) }
    func add() { number.add(1, ordering: .relaxed) }
  }

  let id: String
  let directory: HeldDirectory
  private let warning: String?
  private let program: String
  private var record: ExecRecord
  /// Signals that this process got: the first asks for an end as Ctrl-C does, the third for one at once.
  let signals = Count()
  private var heard = 0
  private var ending: RadicalEnding?
  /// The sessions whose pilots were to be ended, and how many of them could not be told.
  private var asked = 0
  private var unheard = Count()
  private var status: WaitStatus?
  /// Its sessions, by RADICAL-Pilot's ids, in the order in which they were found.
  private var sessions: [RadicalSession] = []
  /// What their pilots run on: that is told only while there is a pilot, and still has to be known in the end.
  private var resources: [String: String] = [:]
  private var managers: [String: String] = [:]
  private var nextLook = ContinuousClock.now
  private let began = ContinuousClock.now
  /// Told of each session that is opened.
  var onSession: (RadicalSession) -> Void = { _ in }

  private static let pause: UInt32 = 50_000
  /// What RADICAL-Pilot's own processes get to end by themselves when their program has.
  private static let patience = Duration.seconds(6)
  /// What gets a SIGTERM gets so long.
  private static let grace = Duration.seconds(3)

  /// - Parameters:
  ///   - arguments: the program and its arguments.
  ///   - path: of the directory that is made for it; `nil` for one in the usual place.
  /// - Throws: `UsageError` when there is no such program, or no such directory can be made.
  init(_ arguments: [String], directory path: String?) throws {
    guard let name = arguments.first, !name.isEmpty,
      let program = programPath(name, in: SystemText.searchPath, from: try currentDirectory().string)
    else { throw UsageError(description: "there is no program '\(arguments.first ?? "")' in PATH") }
    guard access(program, X_OK) == 0 else {
      throw UsageError(description: "'\(name)' cannot be run: \(errorText())")
    }
    var kind = stat()
    guard stat(program, &kind) == 0, kind.st_mode & S_IFMT != S_IFDIR else {
      throw UsageError(description: "'\(name)' cannot be run: it is a directory")
    }
    self.program = program
    record = ExecRecord(program: arguments, pid: 0)
    let id = newSessionID().replacing("scalems.", with: "exec.")
    do {
      let place =
        try path.map { try absolutePath(FilePath($0)) } ?? SessionsFolder.own(in: currentDirectory()).appending(id)
      (directory, warning) = try SessionDirectory(place).create()
      self.id = path == nil ? id : place.lastComponent?.string ?? id
    } catch let problem as SessionDirectory.DirectoryError { throw UsageError(description: "\(problem)") }
  }

  /// Starts the program.
  ///
  /// - Parameter input: its standard input; `/dev/null` when negative.
  /// - Throws: `ExitStatus` 3 when it could not be started, after saying why.
  func start(input: Int32) throws(ExitStatus) {
    if let warning { complain("scalems-top: \(warning)") }
    do {
      try ThisProcess.becomeSubreaper()
      let output = try directory.makeFile("stdout")
      let error = try directory.makeFile("stderr")
      let start = ProcessStart(
        program: program, arguments: record.program, input: input, output: output.number, error: error.number,
        diesWithParent: false)
      // Its environment is the user's, all of it.
      record.pid = start.run(environment: UnsafePointer(environ))
    } catch {
      complain("scalems-top: no program can be started in \(directory.path): \(error)")
      throw ExitStatus(code: 3)
    }
    record.keeper = getpid()
    guard record.pid > 0 else {
      complain("scalems-top: \(program) could not be started: \(Self.startWords(-record.pid))")
      throw ExitStatus(code: 3)
    }
    note()
  }

  /// Why a file that is there was not started.
  private static func startWords(_ code: Int32) -> String {
    switch code {
    case ENOEXEC: "it is no program of this machine, and has no first line '#!…': name what runs it, as in 'sh FILE'"
    case ENOENT: "what is to run it, by its first line '#!…' or as its loader, is not there"
    default: errorText(code)
    }
  }

  /// How long it has run, in seconds.
  var wall: Double { (ContinuousClock.now - began).seconds }
  var title: String { record.title }
  /// The sessions that it opened.
  var opened: [RadicalSession] { sessions }

  /// Until the program has ended, and what it left with it.
  ///
  /// What could not be ended is said.
  ///
  /// - Returns: its exit status, or that something is left when it has none of its own to tell; and what is left, in words.
  func run() -> (status: Int32, left: [String]) {
    while status == nil {
      reap()
      look()
      obey()
      usleep(Self.pause)
    }
    let left = sweep()
    record.exit = status?.shellCode
    note()
    for words in left { complain("left behind: \(words)") }
    let code = status?.shellCode ?? 1
    return (left.isEmpty || code != 0 ? code : ExitStatus.leftBehind, left)
  }

  private func reap() {
    while true {
      var raw: Int32 = 0
      let pid = waitpid(-1, &raw, WNOHANG)
      guard pid > 0 else { return }
      if pid == record.pid { status = WaitStatus(raw: raw) }
    }
  }

  /// Looks for sessions that the program has opened: soon after its start often, later seldom.
  private func look() {
    let now = ContinuousClock.now
    guard now >= nextLook else { return }
    nextLook = now + (sessions.isEmpty && now - began < .seconds(60) ? .milliseconds(500) : .seconds(2))
    let family = [record.pid] + ProcessTable().descendants(of: getpid()).map(\.pid)
    for sighting in RadicalSighting.among(family) where sighting.owner != nil {
      guard let site = sighting.site else { continue }
      resources[site.session] = resources[site.session] ?? sighting.resource
      managers[site.session] = managers[site.session] ?? sighting.manager
      if let known = sessions.firstIndex(where: { $0.site.session == site.session }) {
        sessions[known].sighting = sighting
        continue
      }
      let session = RadicalSession(site: site, sighting: sighting)
      sessions.append(session)
      SeenSessions.note(site)
      record.session = site.directory
      note()
      onSession(session)
    }
  }

  private func note() {
    do { try record.write(to: directory) } catch { complain("scalems-top: \(error)") }
  }

  // MARK: The end

  private static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private var isAtOnce: Bool { signals.count >= 3 }

  private func obey() {
    let count = signals.count
    if count > heard {
      if heard == 0 { ending = RadicalEnding(at: Self.seconds, asks: true) } else { ending?.hurry() }
      heard = count
    }
    if isAtOnce { return kill(family: SIGKILL) }
    if asked > 0, unheard.count >= asked {
      // What nobody was told is not waited for.
      asked = 0
      ending?.hurry()
    }
    switch ending?.next(at: Self.seconds) {
    case .signal(let number)?:
      // RADICAL-Pilot's parts end with the program that opened them, and must not before; without a session the program
      // gets what a terminal would have sent.
      let owners = Set(sessions.compactMap(\.sighting?.owner).filter(\.isAlive).map(\.pid))
      // What is stopped takes no signal, and nobody else lets it go on.
      if owners.isEmpty {
        Glibc.kill(-record.pid, number)
        Glibc.kill(-record.pid, SIGCONT)
      } else {
        for owner in owners {
          Glibc.kill(owner, number)
          Glibc.kill(owner, SIGCONT)
        }
      }
    case .killPilots?:
      let live = sessions.filter { ($0.sighting?.owner?.isAlive ?? false) && !$0.site.isClosed }
      guard !live.isEmpty else {
        ending?.hurry()
        return
      }
      (asked, unheard) = (live.count, Count())
      for session in live {
        // It may take seconds, in which more signals may come.
        let unheard = unheard
        let isStarted = startThread {
          guard let problem = RadicalProgram.killPilots(of: session.site, session.sighting) else { return }
          complain("scalems-top: its pilots were not told to end: \(problem)")
          unheard.add()
        }
        if !isStarted {
          complain("scalems-top: the system gives no thread to end pilots with")
          unheard.add()
        }
      }
    case .giveUp?: kill(family: SIGKILL)
    case nil: return
    }
    if let ending { complain("scalems-top: \(ending.words(at: Self.seconds))") }
  }

  private func kill(family number: Int32) {
    Glibc.kill(-record.pid, number)
    Glibc.kill(record.pid, number)
  }

  /// Ends what is left when the program has ended.
  ///
  /// - Returns: what could not be ended, in words.
  private func sweep() -> [String] {
    var found = sessions.map { ($0.site.session, directory: Optional($0.site.directory), resources[$0.site.session]) }
    // One that was opened just before the end is shown by what it left.
    for sighting in RadicalSighting.among(descendants) where !found.contains(where: { $0.0 == sighting.session }) {
      found.append((sighting.session, sighting.directory, sighting.resource))
      managers[sighting.session] = sighting.manager
    }
    let deadline = ContinuousClock.now + Self.patience
    while !descendants.isEmpty, .now < deadline, signals.count <= max(1, heard) {
      reap()
      usleep(Self.pause)
    }
    var left: [String] = []
    for (id, directory, resource) in found {
      // Programs may give their sessions one id: what lives is somebody else's then.
      let isShared = RadicalSighting.all().contains {
        $0.session == id && $0.directory != directory && $0.owner?.isAlive ?? false
      }
      let search = RadicalLeftovers(
        ofSession: id, directory: directory, hasSandbox: !isShared, resource: resource, manager: managers[id])
      let grace: Duration = isAtOnce ? .zero : Self.grace
      left += waiting { await search.end(grace: grace) }.filter { $0.kind != .unsearched }.map(\.words)
    }
    endDescendants()
    return left
  }

  private var descendants: [pid_t] {
    reap()
    return ProcessTable().descendants(of: getpid()).filter { !$0.isZombie }.map(\.pid)
  }

  private func endDescendants() {
    let found = descendants
    guard !found.isEmpty else { return }
    if !isAtOnce {
      for pid in found {
        complain("scalems-top: ends what is left: process \(pid) (\(ProcessTable.commandLine(of: pid)))")
      }
      for pid in found { Glibc.kill(pid, SIGTERM) }
      let deadline = ContinuousClock.now + Self.grace
      while !descendants.isEmpty, .now < deadline, !isAtOnce { usleep(Self.pause) }
    }
    ProcessTable.killDescendants()
  }
}
