import Platform
import TestSupport
import Testing
import Work

@testable import scalems_top

@Suite struct RunSettingsTests {
  @Test func `every field survives`() throws {
    let empty = RunSettings(
      name: "", engine: "", resource: nil, accessSchema: nil, targetVenv: nil, enableRaptor: false, cores: nil,
      gpus: nil, runtime: nil, pilotOptions: [:], taskGrace: nil, patience: nil, clientDirectory: "", isKeptOpen: false)
    var full = RunSettings(
      name: "n", engine: "radical", resource: "a.b", accessSchema: "ssh", venv: "/rp", targetVenv: "/venv",
      enableRaptor: true,
      raptor: RaptorShape(workers: 2, cores: 3, workerClass: .mpi), cores: 4, gpus: 1, runtime: 60.5,
      pilotOptions: ["queue": "q"], taskGrace: 0, patience: 2,
      clientDirectory: "/home", isKeptOpen: true, bindsCores: false, setsThreads: true)
    (full.onFailure, full.onEnd) = (.stop, "mail -s $SCALEMS_EXIT me")
    #expect(fieldsAlike(full, empty) == [])
    #expect(String(reflecting: try RunSettings(full.bytes)) == String(reflecting: full))
    #expect(String(reflecting: try RunSettings(empty.bytes)) == String(reflecting: empty))
  }

  /// As `JSONEncoder` wrote it.
  private static let old = """
    {
      "accessSchema" : "ssh",
      "clientDirectory" : "/home/me",
      "cores" : 4,
      "enableRaptor" : true,
      "engine" : "radical",
      "isKeptOpen" : false,
      "name" : "caf\u{e9}",
      "pilotOptions" : {
        "queue" : "debug"
      },
      "resource" : "anl.polaris",
      "runtime" : 60,
      "targetVenv" : "/venv",
      "taskGrace" : 2.5
    }

    """

  @Test func `files of 0·1·0 are read`() throws {
    let read = try RunSettings(Array(Self.old.utf8))
    #expect(read.name == "caf\u{e9}" && read.runtime == 60 && read.taskGrace == 2.5 && read.cores == 4)
    #expect(read.venv == "/venv" && read.targetVenv == nil && read.raptor.isEmpty)
    #expect(read.pilotOptions == ["queue": "debug"] && read.patience == nil && read.bindsCores == nil)
  }

  @Test func `what is wrong is said with its place, and nothing traps`() throws {
    let place = try TemporaryDirectory()
    let directory = try HeldDirectory(place.path)
    for (text, words) in [
      ("{}", "has no 'name'"), (Self.old.replacing(": 4,", with: ": \"4\","), "cores"),
      (Self.old.replacing("\"debug\"", with: "[1]"), "pilotOptions.queue"), ("", ""), ("[", ""),
    ] {
      try place.write(text, to: "run.json")
      let problem = #expect(throws: FileError.self) { try RunSettings(reading: directory) }
      #expect(problem?.description.contains("/run.json does not say") == true, "\(String(describing: problem))")
      #expect(words.isEmpty || problem?.description.contains(words) == true, "\(String(describing: problem))")
    }
    var numbers = SeededNumbers(12)
    for _ in 0..<20_000 { _ = try? RunSettings(mutated([Array(Self.old.utf8)], most: 6, using: &numbers)) }
  }
}
