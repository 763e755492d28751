import Executor
import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

private func task(
  _ line: String = "true", inputs: [StagingDirective] = [], outputs: [StagingDirective] = []
) -> TaskDescription {
  TaskDescription(name: "s", argv: ["/bin/sh", "-c", line], inputs: inputs, outputs: outputs)
}

private func isLink(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

@Suite struct StagingTests {
  @Test(arguments: ["plain", "two words", "it's", "$PATH", "\"q\"", "`x`", "a;b", "-n", "*", "back\\slash", "naïve"])
  func `a file of any name is copied in and out`(_ name: String) async throws {
    let place = try MappingPlace()
    try place.write("text", to: name)
    let end = try await place.run(
      task(
        "for f in *; do [ -s \"$f\" ] && cat -- \"$f\" > \"$f.out\"; done; true",
        inputs: [StagingDirective(source: name, target: name)],
        outputs: [StagingDirective(source: name + ".out", target: "new dir/\(name)")]))
    #expect(end.status == 0 && end.scriptErrors == "")
    #expect(end.text(name) == "text" && place.text("new dir/\(name)") == "text" && place.text(name) == "text")
  }

  @Test func `links and moves`() async throws {
    let place = try MappingPlace()
    try place.write("linked", to: "a")
    try place.write("moved", to: "b")
    let end = try await place.run(
      task(
        "echo out > o; echo kept > k",
        inputs: [.init(source: "a", target: "la", action: .link), .init(source: "b", target: "mb", action: .move)],
        outputs: [.init(source: "o", target: "mo", action: .move), .init(source: "k", target: "lk", action: .link)]))
    #expect(end.status == 0)
    #expect(isLink(end.directory + "/la") && end.text("la") == "linked")
    #expect(end.text("mb") == "moved" && !place.exists("b"))
    #expect(place.text("mo") == "out\n" && !end.exists("o"))
    #expect(isLink(place.mapping.clientDirectory + "/lk") && place.text("lk") == "kept\n")
  }

  @Test func `directories are brought as they are, and join what an earlier run left`() async throws {
    let place = try MappingPlace()
    mkdir(place.mapping.clientDirectory + "/d", 0o700)
    try place.write("1", to: "d/one")
    let bring = task(
      "mkdir -p r && cp d/one r/", inputs: [StagingDirective(source: "d", target: "d")],
      outputs: [StagingDirective(source: "r", target: "result")])
    let first = try await place.run(bring)
    #expect(first.status == 0 && first.text("d/one") == "1" && place.text("result/one") == "1")
    unlink(place.mapping.clientDirectory + "/d/one")
    try place.write("2", to: "d/two")
    let second = try await place.run(
      task(
        "rm -rf r; cp -R d r", inputs: [StagingDirective(source: "d", target: "d")],
        outputs: [StagingDirective(source: "r", target: "result")]), attempt: 2)
    #expect(second.status == 0 && second.text("d/two") == "2" && !second.exists("d/one"))
    #expect(place.text("result/two") == "2" && place.text("result/one") == "1" && !place.exists("result/r"))
  }

  @Test func `a file behind a link is copied, not the link`() async throws {
    let place = try MappingPlace()
    try place.write("data", to: "run3")
    #expect(symlink("run3", place.mapping.clientDirectory + "/latest") == 0)
    let end = try await place.run(task(inputs: [StagingDirective(source: "latest", target: "data")]))
    #expect(end.status == 0 && end.text("data") == "data" && !isLink(end.directory + "/data"))
  }

  @Test func `schemes and absolute paths`() async throws {
    let place = try MappingPlace()
    try place.write("client", to: "c")
    try writeFile(place.mapping.sessionDirectory + "/s", Array("session".utf8))
    try writeFile(place.root.path + "/o", Array("outside".utf8))
    let end = try await place.run(
      task(
        "cat sub/c s o > all",
        inputs: [
          StagingDirective(source: "client:///c", target: "task:///sub/c"),
          StagingDirective(source: "session:///s", target: "s"),
          StagingDirective(source: place.root.path + "/o", target: "o"),
        ],
        outputs: [
          StagingDirective(source: "task:///all", target: "session:///all"),
          StagingDirective(source: "all", target: place.root.path + "/x/all"),
          StagingDirective(source: "all", target: "pilot:///pall"),
        ]))
    #expect(end.status == 0)
    for path in [
      place.mapping.sessionDirectory + "/all", place.root.path + "/x/all", place.mapping.sessionDirectory + "/pall",
    ] {
      #expect(contents(path) == "clientsessionoutside")
    }
  }

  @Test func `a file that is where it should be stays`() async throws {
    let place = try MappingPlace()
    try place.write("x", to: "same")
    let path = place.mapping.clientDirectory + "/same"
    for action in StagingDirective.Action.allCases {
      let end = try await place.run(task(inputs: [StagingDirective(source: "same", target: path, action: action)]))
      #expect(end.status == 0 && place.text("same") == "x")
    }
  }

  // MARK: What goes wrong

  @Test func `an input that vanished fails the task before it starts, and says so`() async throws {
    let place = try MappingPlace()
    for name in ["va nished", "it's \\n", "$(touch gone)"] {
      let directory = "\(place.pilot)/task.000000"
      mkdir(directory, 0o700)
      let description = task("echo ran", inputs: [StagingDirective(source: name, target: "x")])
      // At the submission it was there.
      let described = place.mapping.map(EngineTask(description), submission: 1)
      let outcome = try await RPScripts(sandbox: directory).run(described)
      #expect(outcome.status != 0 && contents("\(place.mapping.sessionDirectory)/tasks/task.000000/stdout") == nil)
      let path = place.mapping.clientDirectory + "/" + name
      #expect(
        contents("\(directory)/\(TaskMapping.problemFile)")
          == "the input '\(name)' does not exist (looked for \(path))\n")
      #expect(access("\(directory)/gone", F_OK) != 0)
    }
  }

  @Test func `an output that is missing fails the task, and says so`() async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      task("echo mine >&2", outputs: [StagingDirective(source: "none", target: "x")]))
    #expect(end.status != 0)
    #expect(end.text("stderr") == "mine\n")
    #expect(end.reason == "the output 'none' does not exist (looked for \(end.directory)/none)\n")
  }

  @Test func `outputs of a task that failed are left where they are`() async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      task(
        "echo x > made; echo why >&2; exit 3",
        outputs: [StagingDirective(source: "made", target: "out"), StagingDirective(source: "none", target: "x")]))
    #expect(end.status == 3 && end.text("stderr") == "why\n" && !place.exists("out") && end.text("made") == "x\n")
  }

  @Test func `a target that cannot be made fails the task`() async throws {
    let place = try MappingPlace()
    try place.write("a file", to: "file")
    let end = try await place.run(
      task("echo x > made", outputs: [StagingDirective(source: "made", target: "file/below")]))
    #expect(end.status != 0 && place.text("file") == "a file" && end.reason?.isEmpty == false)
  }

  // MARK: At the submission

  @Test func `a missing input is refused at the submission`() throws {
    let place = try MappingPlace()
    let missing = EngineTask(task(inputs: [StagingDirective(source: "client:///no such", target: "x")]))
    let looked = place.mapping.clientDirectory + "/no such"
    #expect(
      place.mapping.refusal(of: missing)
        == "the input 'client:///no such' does not exist (looked for \(looked))")
    // What an earlier command of the task makes there cannot be looked for from here.
    let own = EngineTask(task(inputs: [StagingDirective(source: "task:///mine", target: "x")]))
    #expect(place.mapping.refusal(of: own) == nil)
  }

  @Test func `a task for a raptor needs one`() {
    var description = task()
    #expect(TaskMapping.refusal(of: description, raptorTakesWork: false) == nil)
    description.raptor = true
    #expect(TaskMapping.refusal(of: description, raptorTakesWork: false) == "there is no raptor that takes work")
    #expect(TaskMapping.refusal(of: description, raptorTakesWork: true) == nil)
  }
}
