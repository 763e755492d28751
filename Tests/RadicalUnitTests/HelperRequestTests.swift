import FoundationEssentials
import JSON
import SessionModel
import Testing

@testable import RadicalEngine

/// The line of a request as whoever reads JSON sees it.
private func read(_ request: HelperRequest, id: Int = 7) throws -> [String: JSONValue] {
  let line = request.line(id: id)
  #expect(line.last == 0x0a && line.filter { $0 == 0x0a }.count == 1)
  guard case .object(let members) = try JSONValue(json: String(decoding: line.dropLast(), as: UTF8.self)) else {
    return [:]
  }
  return members
}

@Suite struct HelperRequestTests {
  @Test func `requests without particulars`() throws {
    for (request, verb) in [
      (HelperRequest.pilotManager, "pilot_manager"), (.taskManager, "task_manager"), (.cancelRaptor, "cancel_raptor"),
      (.close, "close"),
    ] {
      #expect(try read(request) == ["id": 7, "do": .string(verb)])
    }
    for (request, verb) in [
      (HelperRequest.helloRaptor(timeout: 1.5), "hello_raptor"), (.stopRaptor(timeout: 1.5), "stop_raptor"),
      (.cancelPilot(timeout: 1.5), "cancel_pilot"),
    ] {
      #expect(try read(request) == ["id": 7, "do": .string(verb), "timeout": 1.5])
    }
  }

  @Test func `the jobs in the queue`() throws {
    #expect(try read(.jobs(["17", "18_1"])) == ["id": 7, "do": "jobs", "ids": ["17", "18_1"]])
    #expect(try read(.jobs([])) == ["id": 7, "do": "jobs", "ids": []])
  }

  @Test func `a session and a pilot`() throws {
    #expect(
      try read(
        .session(resource: "local.localhost", accessSchema: nil, cores: nil, gpus: nil, options: [:], modules: []))
        == ["id": 7, "do": "session", "resource": "local.localhost", "options": [:]])
    #expect(
      try read(
        .session(resource: "a.b", accessSchema: "ssh", cores: 4, gpus: 0, options: ["queue": "q"], modules: ["mpi4py"]))
        == [
          "id": 7, "do": "session", "resource": "a.b", "access_schema": "ssh", "cores": 4, "gpus": 0,
          "options": ["queue": "q"], "modules": ["mpi4py"],
        ])
    let pilot = RPPilot(uid: "pilot.0000", resource: "a.b", accessSchema: nil, runtime: 60, cores: 4, gpus: nil)
    #expect(
      try read(.pilot(pilot, options: ["queue": "x \"y\""]))
        == [
          "id": 7, "do": "pilot", "options": ["queue": "x \"y\""],
          "description": ["uid": "pilot.0000", "resource": "a.b", "runtime": 60, "cores": 4],
        ])
  }

  @Test func `tasks keep every text as it is`() throws {
    var task = RPTask(uid: "task.000000", name: "n")
    task.arguments = nastyTexts + ["\u{0}", "\u{2028}", "/"]
    task.environment = Dictionary(uniqueKeysWithValues: nastyTexts.enumerated().map { ("V\($0)", $1) })
    let members = try read(.submit([task]))
    guard case .array(let tasks) = members["tasks"], case .object(let read) = tasks.first else {
      Issue.record("no tasks")
      return
    }
    #expect(read["arguments"] == .array((task.arguments ?? []).map { .string($0) }))
    #expect(read["environment"] == .object((task.environment ?? [:]).mapValues { .string($0) }))
    #expect(read["executable"] == nil && read["ranks"] == 1 && read["call"] == nil)
  }

  @Test func `a task has RP's names for what it is`() throws {
    var task = RPTask(uid: "task.000000", name: "n", executable: "'x'", arguments: ["a"], environment: ["A": "b"])
    (task.preLaunch, task.preExec, task.postLaunch) = (["a"], ["b"], ["c"])
    (task.sandbox, task.stdout, task.stderr) = ("task.000000", "o", "e")
    (task.ranks, task.coresPerRank, task.gpusPerRank, task.timeout) = (2, 3, 0.5, 1.5)
    task.useMPI = true
    (task.raptorID, task.raptorFile, task.raptorClass) = ("raptor.0000", "/f", "C")
    #expect(
      try read(.raptor(task, workers: []))["description"] == [
        "uid": "task.000000", "name": "n", "executable": "'x'", "arguments": ["a"], "environment": ["A": "b"],
        "pre_launch": ["a"], "pre_exec": ["b"], "post_launch": ["c"], "sandbox": "task.000000", "stdout": "o",
        "stderr": "e", "ranks": 2, "cores_per_rank": 3, "gpus_per_rank": 0.5, "use_mpi": true,
        "timeout": 1.5,
        "raptor_id": "raptor.0000", "raptor_file": "/f", "raptor_class": "C",
      ])
  }

  @Test func `a call`() throws {
    var task = RPTask(uid: "task.000000")
    task.call = RPCall(
      request: #"{"args":[1,2.0]}"#, path: "/p", program: "/c", hash: "h", directory: "/t", venv: "/v",
      environment: "/e", environmentHash: "eh", before: ["b"], after: ["c"], timeout: nil,
      grace: 5)
    guard case .array(let tasks) = try read(.submit([task]))["tasks"], case .object(let members) = tasks.first else {
      Issue.record("no tasks")
      return
    }
    #expect(
      members["call"] == [
        "request": #"{"args":[1,2.0]}"#, "path": "/p", "program": "/c", "hash": "h", "directory": "/t", "venv": "/v",
        "environment": "/e", "environment_hash": "eh", "is_here": true, "before": ["b"], "after": ["c"],
        "grace": 5,
      ])
  }

  @Test func `uids to cancel`() throws {
    #expect(try read(.cancel(["a", "b"]), id: 1) == ["id": 1, "do": "cancel", "uids": ["a", "b"]])
    #expect(try read(.cancel([])) == ["id": 7, "do": "cancel", "uids": []])
  }
}
