import Glibc
import Leftovers
import Platform
import Words

/// Finds what sessions left running whose processes are gone, and ends it.
struct OrphanSweep: Sendable {
  /// Whether nobody is asked first.
  var mayEndWithoutAsking: Bool
  /// The only session that is looked at, by its id; all when `nil`.
  var session: String?
  var registry = RadicalRegistry.sessions
  private let dead = DeadSessions()
  /// What processes get between SIGTERM and SIGKILL.
  private static let grace = Duration.seconds(5)

  /// A session that is gone, and what it left.
  private struct Orphan: Sendable {
    var id: String
    /// Where it is entered; `nil` for one that another program opened.
    var entry: LinkDirectory.Entry?
    var search: RadicalLeftovers
    var leftovers: [Leftover]
  }

  /// - Returns: the exit status: 0 when nothing is left, 1 when something was left alone, 4 when something could not be
  ///   ended.
  func run() -> Int32 {
    let (ours, isSure) = waiting { await find() }
    let orphans = ours + waiting { await findForeign() }
    let strays = dead.find().filter { isWanted($0.session) }
    for found in strays {
      put("\(found.session): dead, and left\(found.directory.map { " in \($0)" } ?? ""):\n")
      for words in found.words { put("  \(words)\n") }
    }
    guard !orphans.isEmpty || !strays.isEmpty else {
      // Of a session that left nothing nothing tells that there was one.
      let whose: TerminalText = session.map { "of session '\($0)', or there is none of that id" } ?? "of dead sessions"
      put("Nothing \(isSure ? "" : "that can be ended ")is left \(whose).\n")
      return 0
    }
    guard !ReadOnly.isDemanded else {
      put("Nothing was ended: SCALEMS_TOP_READ_ONLY is set.\n")
      return 1
    }
    guard mayEndWithoutAsking || ask(orphans, strays.reduce(0) { $0 + $1.processes.count }) else {
      put("Nothing was ended.\n")
      return 1
    }
    return waiting { max(await end(orphans), await end(strays)) }
  }

  /// Says what there is of each session; those with nothing left leave the registry.
  ///
  /// - Returns: also whether all could be looked for.
  private func find() async -> ([Orphan], isSure: Bool) {
    var orphans: [Orphan] = []
    var isSure = true
    for entry in registry.all() where isWanted(entry.id) {
      let record: RadicalRecord
      do { record = try RadicalRecord(reading: entry.directory) } catch {
        // Nothing was started yet, or everything of it was removed.
        if error.isMissing { forget(entry) } else { put("\(entry.id): \(error)\n") }
        continue
      }
      // Another session took its directory over.
      guard record.session == entry.id else {
        forget(entry)
        continue
      }
      guard record.host == machineName() else {
        put("\(entry.id): of another machine, look there: \(record.host)\n")
        continue
      }
      guard !record.isLive else {
        put(
          "\(entry.id): live\(record.isOwned ? "" : ", but its scalems-top is gone: process \(record.helper) ends it")\n"
        )
        continue
      }
      let search = RadicalLeftovers(of: record)
      let leftovers = await search.find()
      guard !leftovers.isEmpty else {
        forget(entry)
        continue
      }
      put("\(entry.id): dead, and left in \(entry.directory):\n")
      for leftover in leftovers { put("  \(leftover.words)\n") }
      if leftovers.contains(where: { $0.kind == .unsearched }) { isSure = false }
      guard leftovers.contains(where: { $0.kind != .unsearched }) else {
        // There is nothing to end, and it has been said.
        forget(entry)
        continue
      }
      orphans.append(Orphan(id: entry.id, entry: entry, search: search, leftovers: leftovers))
    }
    return (orphans, isSure)
  }

  /// What programs left that opened sessions of RADICAL-Pilot themselves.
  private func findForeign() async -> [Orphan] {
    var orphans: [Orphan] = []
    let inQueue = await RadicalSession.inQueue().filter { isWanted($0.sighting.session) }
    for (sighting, job) in inQueue where !sighting.isDead {
      put(
        "\(sighting.session): its job \(job.id) is \(job.state), and whether its program lives is not seen from here\n")
    }
    // Of several jobs of a session the first will do: they are found by its id.
    let jobs = Dictionary(inQueue.map { ($0.sighting.session, $0.sighting) }) { first, _ in first }.values
    for sighting in RadicalSession.sightings() + jobs.sorted(by: { $0.session < $1.session })
    where sighting.isDead && isWanted(sighting.session) {
      let search = RadicalLeftovers(
        ofSession: sighting.session, directory: sighting.directory, resource: sighting.resource,
        manager: sighting.manager)
      let leftovers = await search.find()
      guard leftovers.contains(where: { $0.kind != .unsearched }) else { continue }
      put("\(sighting.session): its program has ended, and left\(sighting.directory.map { " in \($0)" } ?? ""):\n")
      for leftover in leftovers { put("  \(leftover.words)\n") }
      orphans.append(Orphan(id: sighting.session, entry: nil, search: search, leftovers: leftovers))
    }
    return orphans
  }

  private func isWanted(_ id: String) -> Bool { session.map { $0 == id } ?? true }

  private func ask(_ orphans: [Orphan], _ strays: Int) -> Bool {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
    let all = orphans.flatMap(\.leftovers)
    let counts = [(Leftover.Kind.process, "process(es)"), (.job, "Slurm job(s)")].compactMap { kind, noun in
      let count = all.count { $0.kind == kind } + (kind == .process ? strays : 0)
      return count > 0 ? "\(count) \(noun)" : nil
    }
    put("End \(counts.joined(separator: " and "))? [y/N] ")
    return ["y", "yes"].contains((readLine() ?? "").lowercased())
  }

  private func end(_ orphans: [Orphan]) async -> Int32 {
    var hasFailed = false
    for orphan in orphans {
      let left = await orphan.search.end(grace: Self.grace)
      for leftover in left { complain("left behind: \(leftover.words)") }
      if left.allSatisfy({ $0.kind == .unsearched }) {
        put("\(orphan.id): ended\n")
        if let entry = orphan.entry { forget(entry) }
      } else {
        hasFailed = true
      }
    }
    return hasFailed ? 4 : 0
  }

  private func end(_ strays: [SessionProcesses.Found]) async -> Int32 {
    var hasFailed = false
    for found in strays {
      let left = await dead.end(found.session)
      for words in left { complain("left behind: \(words)") }
      if left.isEmpty { put("\(found.session): ended\n") } else { hasFailed = true }
    }
    return hasFailed ? 4 : 0
  }

  private func forget(_ entry: LinkDirectory.Entry) {
    do { try registry.remove(entry.id) } catch { complain("scalems-top: \(error)") }
  }
}
