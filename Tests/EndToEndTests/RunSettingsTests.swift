import FoundationEssentials
import TestSupport
import Testing

@testable import scalems_top

@Suite struct RunSettingsTests {
  @Test func `every field survives`() throws {
    let empty = RunSettings(
      name: "", engine: "", resource: nil, accessSchema: nil, targetVenv: nil, enableRaptor: false, cores: nil,
      gpus: nil, runtime: nil, pilotOptions: [:], taskGrace: nil, patience: nil, clientDirectory: "", isKeptOpen: false)
    let full = RunSettings(
      name: "n", engine: "radical", resource: "a.b", accessSchema: "ssh", targetVenv: "/venv", enableRaptor: true,
      cores: 4, gpus: 1, runtime: 60.5, pilotOptions: ["queue": "q"], taskGrace: 0, patience: 2,
      clientDirectory: "/home", isKeptOpen: true, bindsCores: false, setsThreads: true)
    #expect(fieldsAlike(full, empty) == [])
    let read = try JSONDecoder().decode(RunSettings.self, from: JSONEncoder().encode(full))
    #expect(String(reflecting: read) == String(reflecting: full))
  }
}
