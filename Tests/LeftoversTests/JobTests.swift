import Glibc
import Leftovers
import Platform
import TestSupport
import Testing

/// Slurm jobs that a session left, with a Slurm of a few lines of shell.
@Suite struct JobTests {
  /// A directory with `squeue`, which prints the file `queue`, and `scancel`, which runs `cancel`.
  private static func slurm(queue: String, cancel: String = ": > queue") throws -> TemporaryDirectory {
    let place = try TemporaryDirectory()
    try place.write(
      "#!/bin/sh\ncd '\(place.path)' && echo 'JOBID|WORK_DIR|STATE|REASON' && cat queue\n", to: "squeue")
    try place.write("#!/bin/sh\ncd '\(place.path)'\necho \"$*\" >> canceled\n\(cancel)\n", to: "scancel")
    try place.write(queue, to: "queue")
    return place
  }

  private static func leftovers(
    _ record: RadicalRecord, _ place: TemporaryDirectory, limit: Duration = .seconds(10)
  ) -> RadicalLeftovers {
    RadicalLeftovers(of: record, searchPath: place.path, commandLimit: limit, jobLimit: .milliseconds(200))
  }

  private static func record(jobs: [String] = []) -> RadicalRecord {
    RadicalRecord(session: "s", helper: pid_t.max, resource: "slurm.here", rpSession: newRadicalID(), jobs: jobs)
  }

  @Test func jobsAreFoundByDirectoryAndByID() async throws {
    let record = Self.record(jobs: ["11", "14"])
    let id = record.rpSession ?? ""
    let slurm = try Self.slurm(
      queue: """
        10|/home/me/radical.pilot.sandbox/\(id)/pilot.0000|RUNNING|None
        11|/home/me|PENDING|Resources
        12|/home/me/other|RUNNING|None
        13|/odd|place/\(id)|COMPLETING|None
        14|/home/me|COMPLETED|None
        15|/home/me/\(id)1|RUNNING|None
        slurm_load_jobs error: /\(id)|x|y|z
        16|\(id)
        17|
        """)
    let found = await Self.leftovers(record, slurm).find()
    #expect(
      found.map(\.words) == [
        "Slurm job 10 (RUNNING)", "Slurm job 11 (PENDING, Resources)", "Slurm job 13 (COMPLETING)",
        // What is not known is not said to be gone.
        "Slurm job 16 (Slurm does not answer)",
      ])
    #expect(found.allSatisfy { $0.kind == .job } && found.map(\.id) == ["10", "11", "13", "16"])
    // On another machine, which may be one of another cluster, the recorded ids mean nothing.
    var elsewhere = record
    elsewhere.host = "another"
    #expect(await Self.leftovers(elsewhere, slurm).find().map(\.id) == ["10", "13", "16"])
  }

  @Test func jobsAreCanceled() async throws {
    let record = Self.record(jobs: ["11", "12"])
    let slurm = try Self.slurm(queue: "11|/|RUNNING|None\n12|/|PENDING|Priority\n13|/|RUNNING|None\n")
    #expect(await Self.leftovers(record, slurm).end(grace: .zero).isEmpty)
    #expect(slurm.text("canceled") == "11 12\n")
  }

  @Test func aJobThatStaysIsNamed() async throws {
    let record = Self.record(jobs: ["11"])
    let slurm = try Self.slurm(queue: "11|/|RUNNING|None\n", cancel: "echo '11|/|COMPLETING|None' > queue")
    #expect(await Self.leftovers(record, slurm).end(grace: .zero).map(\.words) == ["Slurm job 11 (COMPLETING)"])
  }

  @Test(arguments: ["exec sleep 600", "sleep 600 & wait", "exit 1"])
  func aSlurmThatDoesNotAnswerHangsNobody(line: String) async throws {
    let slurm = try Self.slurm(queue: "")
    try slurm.write("#!/bin/sh\n: \(slurm.path)\n\(line)\n", to: "squeue")
    let start = ContinuousClock.now
    let recorded = Self.leftovers(Self.record(jobs: ["11"]), slurm, limit: .milliseconds(200))
    #expect(await recorded.find().map(\.words) == ["Slurm job 11 (Slurm does not answer)"])
    #expect(await recorded.end(grace: .zero).map(\.id) == ["11"])
    // What is not known is not said to be gone, but where no Slurm is meant.
    var record = Self.record()
    let unknown = Self.leftovers(record, slurm, limit: .milliseconds(200))
    #expect(await unknown.end(grace: .zero).map(\.words) == ["Slurm jobs, if there are any (Slurm does not answer)"])
    record.resource = "local.localhost"
    #expect(await Self.leftovers(record, slurm, limit: .milliseconds(200)).find().isEmpty)
    #expect(ContinuousClock.now - start < .seconds(100))
    try await wait(for: "the end of squeue") { processes(matching: "\(slurm.path)/squeue").isEmpty }
  }

  /// A work directory with a line feed in its name makes two lines of a job, neither of which is one.
  @Test func aJobWhoseLineCannotBeReadIsNotGone() async throws {
    let record = Self.record(jobs: ["11", "12"])
    let slurm = try Self.slurm(queue: "11|/home/me\nand you|RUNNING|None\n13|/elsewhere\n\n12|/home|COMPLETED|None\n")
    let leftovers = Self.leftovers(record, slurm)
    #expect(await leftovers.find().map(\.words) == ["Slurm job 11 (Slurm does not answer)"])
  }

  /// Sessions of PBS, LSF, … have no jobs of Slurm, and what is not looked for is not said to be gone.
  @Test(arguments: ["PBSPRO", "LSF", "TORQUE", "COBALT"])
  func otherBatchSystemsAreNotAskedAsSlurm(manager: String) async throws {
    let slurm = try Self.slurm(queue: "11|/|RUNNING|None\n")
    let place = try TemporaryDirectory()
    var record = Self.record(jobs: ["11"])
    record.manager = manager
    // As a later start finds it.
    try record.write(to: HeldDirectory(place.path))
    record = try RadicalRecord(reading: place.path)
    let found = await Self.leftovers(record, slurm).find()
    #expect(
      found.map(\.words) == ["jobs of \(manager), if there are any (not looked for: ask \(manager)'s own programs)"])
    #expect(await Self.leftovers(record, slurm).end(grace: .zero) == found)
    #expect(slurm.text("canceled") == nil)
    // RADICAL-Pilot's word is enough.
    let closed = RadicalLeftovers(of: record, isPilotOver: true, searchPath: slurm.path)
    #expect(await closed.find().isEmpty)
  }

  @Test func theResourceItselfHasNoJobs() async throws {
    let slurm = try Self.slurm(queue: "11|/|RUNNING|None\n")
    var record = Self.record(jobs: ["11"])
    record.manager = "FORK"
    #expect(await Self.leftovers(record, slurm).find().isEmpty)
  }

  @Test func withoutSlurmThereAreNoJobs() async throws {
    let empty = try TemporaryDirectory()
    #expect(await Self.leftovers(Self.record(), empty).find().isEmpty)
  }
}
