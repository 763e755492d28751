import JSON
import SessionModel
import TestSupport
import Testing
import Wire
import Work

/// The page that describes the formats names what is written, all of it, and nothing else.
@Suite struct DocumentedFormatsTests {
  private let page: DocumentedFormats

  init() throws { page = try DocumentedFormats() }

  /// What the samples leave out.
  private static let events: [SessionEvent] =
    Samples.events
    + [
      .command(
        CommandRecord(
          id: 1, verb: .cancel, tasks: [TaskID(1)], added: 3..<5,
          sender: CommandSender(user: "u", origin: "o", request: "r"), reason: "why",
          stage: .finished(.failed(.taskEnded, "done")))),
      .sessionClosed(
        SessionSummary(session: "s", tasks: [:], wall: 1, leftovers: ["x"], exitCode: 3, problem: "it could not start")),
    ].map { SessionEvent(time: at(0), source: .executor, $0) }

  @Test func `every event with every member`() throws {
    let common = try page.members(of: "Every event")
    var written: [String: Set<String>] = [:]
    for event in Self.events {
      var writer = JSONWriter()
      event.write(to: &writer, name: { _ in "n" })
      let members = try jsonMembers(writer.bytes)
      guard case .string(let name)? = members["event"] else { throw TestError("an event has no name") }
      #expect(common.isSubset(of: members.keys))
      written[name, default: []].formUnion(members.keys)
    }
    #expect(Set(written.keys) == page.names(in: "Journal"))
    for (name, members) in written {
      #expect(try page.members(of: "`\(name)`") == members.subtracting(common), "\(name)")
    }
  }

  @Test func `every member of a task's description`() throws {
    var description = Samples.description
    description.function = FunctionCall(module: "m", name: "f")
    #expect(try memberNames(description.json) == page.members(of: "Task description"))
  }

  @Test func `every request with every member`() throws {
    let common = try page.members(of: "Requests")
    let item = WorkItem(Samples.description, shape: [2])
    let commands: [OperatorCommand] = [
      .drain, .close(.none), .close(.seconds(1)), .cancel([TaskID(1)]), .submit(.items([item])),
      .submit(.commands(CommandList(["true"]), directory: "/w")),
    ]
    var written: [String: Set<String>] = [
      "hello": try members(.hello(version: 1, origin: "o", isReadOnly: true)), "follow": try members(.follow),
    ]
    for command in commands {
      written["command", default: []].formUnion(try members(.command(command, reason: "r", token: "t")))
    }
    for (name, members) in written {
      #expect(try page.members(of: "Request `\(name)`") == members.subtracting(common), "\(name)")
    }
  }

  private func members(_ body: ControlRequest.Body) throws -> Set<String> {
    var json = JSONWriter()
    ControlRequest(id: 1, body).write(to: &json)
    return try memberNames(json.bytes)
  }

  @Test func `every reply with every member`() throws {
    let report = CommandReport(command: 1, stage: .finished(.failed(.closed, "o")), added: 1..<2)
    let replies: [(String, ControlReply)] = [
      ("greeting", .greeting(version: 1, session: "s", program: "p")), ("accepted", .accepted(id: 1)),
      ("command", .command(id: 1, report)), ("position", .position(1, problem: "p")),
      ("refused", .refused(ControlError(id: 1, "no"))),
    ]
    for (name, reply) in replies {
      var json = JSONWriter()
      reply.write(to: &json)
      #expect(try memberNames(json.bytes) == page.members(of: "Reply: \(name)"), "\(name)")
    }
  }

  @Test func `every word that stands for something`() throws {
    var words = SessionPhase.allCases.map(\.rawValue) + OperatorCommand.Verb.allCases.map(\.rawValue)
    words += ShutdownPhase.allCases.map(\.rawValue) + LogLevel.allCases.map(\.rawValue)
    words += SessionEvent.Source.allCases.map(\.rawValue) + TaskPhase.allCases.map(\.word)
    words += [ShutdownOutcome.finished, .skipped, .timedOut, .failed].map(\.rawValue)
    words += StagingDirective.Action.allCases.map(\.rawValue) + ["requested", "acknowledged", "finished"]
    words += ControlError.Code.allCases.filter { $0 != .unreachable }.map(\.rawValue)
    words += CommandFailure.Code.allCases.filter { $0 != .unknown }.map(\.rawValue)
    for word in words { #expect(page.text.contains("`\(word)`"), "\(word)") }
    let glossary = try #require(contents("\(packageRoot)/Documentation/Glossary.md"))
    for state in TaskState.allCases.map(\.name) + PilotState.allCases.map(\.rawValue) {
      #expect(glossary.contains("`\(state)`"), "\(state)")
    }
  }
}
