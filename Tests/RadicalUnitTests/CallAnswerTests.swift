import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

private let id = TaskID(42)

/// What the worker returns for a call whose interpreter sent this answer.
func answered(_ members: String, _ more: String = "", uid: String = "task.000042") -> String {
  let line = #"{"t":1.5,"event":"task","uid":"\#(uid)","state":"DONE",\#(members)}"#
  return #"{"answer":"\#(line.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined())"\#(more)}"#
}

private func end(_ answer: String, timeout: Double? = nil) -> (state: TaskState, result: TaskResult)? {
  CallAnswer(answer)?.end(of: id, attempt: 1, timeout: timeout)
}

@Suite struct CallAnswerTests {
  @Test(arguments: ["1", "2.0", "null", "\"\\ud800\"", "[]", #"{"a": "b\"c\\"}"#, "1e-300"])
  func `a value stays what it is`(_ value: String) {
    let (state, result) = end(answered(#""exit_code":0,"user":0.5,"system":0.25,"peak_kib":7,"value":\#(value)"#))!
    #expect(state == .done)
    #expect(result == TaskResult(exitCode: 0, user: 0.5, system: 0.25, peakMemory: 7, value: functionValue(value)))
  }

  @Test(arguments: ["NaN", "[Infinity]", "-Infinity", "nul", "{1:2}", "[1", "'x'", "1 2", ""])
  func `a value that is no JSON never gets on`(_ value: String) {
    let (state, result) = end(answered(#""exit_code":0,"value":\#(value)"#))!
    #expect(state == .failed && result.value == nil && result.exitCode == nil)
    #expect(result.reason?.hasPrefix("its interpreter sent what is no answer: {\"t\":1.5") ?? false)
  }

  @Test(arguments: ["", "}{", "[]", "1", "null", #"{\"event\":\"worker.ready\"}"#, #"{\"event\":\"heartbeat\"}"#])
  func `a line that is no answer fails the task`(_ line: String) {
    let (state, result) = end(#"{"answer":"\#(line)"}"#)!
    #expect(state == .failed && result.reason?.hasPrefix("its interpreter sent what is no answer: ") ?? false)
  }

  @Test func `an answer of another task is none`() {
    let (state, result) = end(answered(#""exit_code":0"#, uid: "task.000043"))!
    #expect(state == .failed && result.exitCode == nil)
  }

  @Test(arguments: [
    (#""exit_code":1,"reason":"ValueError: no""#, Int32(1), "ValueError: no"), (#""exit_code":3"#, 3, "exit 3"),
  ])
  func `a call that failed by itself`(_ members: String, _ code: Int32, _ reason: String) {
    let (state, result) = end(answered(members))!
    #expect(state == .failed && result == TaskResult(exitCode: code, reason: reason))
  }

  @Test func `the last words of a program that told its exit code`() {
    let (_, result) = end(answered(#""exit_code":1"#, #", "stderr": "one\ntext\n  \n""#))!
    #expect(result.reason == "exit 1: text")
  }

  @Test(arguments: [
    (#"{"exit_code":0,"stderr":""}"#, Int32(0), nil, "its interpreter died (exit 0)"),
    (#"{"exit_code":5,"stderr":"a\nb\n"}"#, 5, nil, "its interpreter died (exit 5): b"),
    (#"{"signal":11,"stderr":"Extension modules: x"}"#, nil, Int32(11), "its interpreter died (ended by SIGSEGV)"),
    (#"{"signal":9}"#, nil, 9, "its interpreter died (ended by SIGKILL)"),
    (#"{"unready":"no such input"}"#, nil, nil, "no such input"),
    (#"{"unready":"no","exit_code":127}"#, 127, nil, "no"),
  ])
  func `a call without an answer has failed`(_ answer: String, _ code: Int32?, _ signal: Int32?, _ reason: String) {
    let (state, result) = end(answer)!
    #expect(state == .failed && result == TaskResult(exitCode: code, signal: signal, reason: reason))
  }

  @Test func `a call that was told to end`() {
    let limit = end(#"{"signal": 15, "ended": "timeout"}"#, timeout: 1.5)!
    #expect(limit.state == .failed && limit.result == TaskResult(signal: 15, reason: "its time limit of 1.5 s passed"))
    let canceled = end(answered(#""exit_code":0,"value":1"#, #", "ended": "canceled""#))!
    #expect(canceled.state == .canceled && canceled.result == TaskResult(exitCode: 0, reason: "canceled on request"))
  }

  @Test func `outputs that were not brought`() {
    let (state, result) = end(answered(#""exit_code":0,"value":1"#, #", "unready": "no such output""#))!
    #expect(state == .failed && result == TaskResult(exitCode: 0, reason: "no such output"))
  }
}
