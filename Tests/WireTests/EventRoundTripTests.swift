import TestSupport
import Testing
import Work

import SessionModel

@testable import Wire

/// What is written reads back as it was.
@Suite struct EventRoundTripTests {
  @Test func `every kind of event reads back as it was written`() throws {
    #expect(Set(Samples.kinds.map(\.name)).count == 13, "a new kind needs samples")
    for original in Samples.events {
      let bytes = line(original)
      #expect(bytes.last == 0x0a)
      #expect(bytes.filter { $0 == 0x0a }.count == 1, "an event is one line")
      #expect(try event(bytes.dropLast()) == original)
    }
  }

  @Test func `texts of any content read back in every place that holds one`() throws {
    for text in hostileTexts {
      let kinds: [SessionEvent.Kind] = [
        .log(.info, text), .sessionPhase(.running, reason: text), .resource(name: text, acquired: true, detail: text),
        .task(TaskID(1), .failed, TaskResult(reason: text)),
        .pilot(PilotStatus(uid: text, state: .new, cores: 1, detail: text)),
        .command(
          CommandRecord(
            id: 1, verb: .stop, sender: CommandSender(user: text, origin: text, request: text), reason: text,
            stage: .requested)),
        .command(
          CommandRecord(
            id: 2, verb: .submit, added: 3..<7, sender: CommandSender(user: text),
            stage: .finished(.done(text)))),
        .tasksAdded(
          TaskBatch(
            first: TaskID(0), description: TaskDescription(name: text, argv: [text], environment: [text: text]),
            members: .ensemble(first: 0, count: 2))),
        .sessionClosed(SessionSummary(session: text, tasks: [text: 1], wall: 1, leftovers: [text], exitCode: 0)),
      ]
      for kind in kinds {
        let original = SessionEvent(time: at(0), source: .agent, kind)
        #expect(try event(line(original)) == original)
      }
    }
  }

  @Test func `all states, phases, verbs and outcomes read back`() throws {
    var kinds = TaskState.allCases.map { SessionEvent.Kind.task(TaskID(3), $0, nil) }
    kinds += PilotState.allCases.map { .pilot(PilotStatus(uid: "p", state: $0, cores: 1)) }
    kinds += SessionPhase.allCases.map { .sessionPhase($0, reason: nil) }
    kinds += ShutdownPhase.allCases.map { .shutdownEntered($0, deadline: 1) }
    kinds += LogLevel.allCases.map { .log($0, "x") }
    kinds += OperatorCommand.Verb.allCases.map {
      .command(CommandRecord(id: 1, verb: $0, sender: "u", stage: .requested))
    }
    for outcome in [ShutdownOutcome.finished, .skipped, .timedOut, .failed] {
      kinds.append(.shutdownLeft(.drain, outcome, detail: nil))
    }
    for kind in kinds {
      let original = SessionEvent(time: at(1), source: .executor, kind)
      #expect(try event(line(original)) == original)
    }
  }

  @Test func `a number that is not finite does not make the event unreadable`() throws {
    let result = TaskResult(exitCode: 1, wall: .infinity, user: .nan, system: 2)
    let task = SessionEvent(time: at(0), source: .engine, .task(TaskID(1), .done, result))
    let read = try #require(try event(line(task)))
    #expect(read.kind == .task(TaskID(1), .done, TaskResult(exitCode: 1, system: 2)))
    let phase = SessionEvent(time: at(0), source: .executor, .shutdownEntered(.drain, deadline: .infinity))
    #expect(try event(line(phase)) == phase)
  }

  @Test func `what no version knows is skipped, and what a later one added is ignored`() throws {
    #expect(try event(#"{"t":1,"event":"task.moved","source":"executor","uid":"task.000001"}"#) == nil)
    let later = #"""
      {"t":1.5,"event":"task","future":{"a":[1,{"b":"}"}],"c":null},"uid":"task.000001","x":[],"state":"DONE","y":-1e9}
      """#
    #expect(
      try event(later)
        == SessionEvent(time: Timestamp(microseconds: 1_500_000), source: .executor, .task(TaskID(1), .done, nil)))
    #expect(
      try event(#"{"t":1,"event":"log","source":"oracle","level":"shout","text":"x"}"#)?.kind == .log(.info, "x"))
  }

  @Test func `members may stand in any order and with white space`() throws {
    let text = " {\t\"state\" : \"FAILED\" ,\"uid\":\"task.000002\", \"event\":\"task\",\"exit_code\": 3 ,\"t\":2 } \r"
    #expect(
      try event(text)
        == SessionEvent(
          time: Timestamp(microseconds: 2_000_000), source: .executor,
          .task(TaskID(2), .failed, TaskResult(exitCode: 3))))
  }

  @Test func `random times read back as they were`() throws {
    var numbers = SeededNumbers(3)
    for _ in 0..<10_000 {
      let time = Timestamp(
        microseconds: Int64.random(in: -9_000_000_000_000_000...9_000_000_000_000_000, using: &numbers))
      let original = SessionEvent(time: time, source: .agent, .workflowComplete)
      #expect(try event(line(original)) == original)
    }
  }
}
