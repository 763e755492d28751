import Glibc
import JSON
import Testing
import Work

@testable import LocalEngine

@Suite struct DispatchPauseTests {
  private let want = Shortage(reason: "no processes")
  private let doubtful = Shortage(reason: "no memory", isDoubtful: true)
  private let start = ContinuousClock.now

  private func lacks(
    _ pause: inout DispatchPause, _ id: Int, after seconds: Double = 0, idle: Bool = true, doubtful: Bool = false
  ) -> DispatchPause.Verdict {
    pause.tries(TaskID(id))
    return pause.lacks(
      doubtful ? self.doubtful : want, for: TaskID(id), isIdle: idle, now: start + .seconds(seconds))
  }

  @Test func `one task at a time is tried, later and later, and all go on when all that fits runs`() {
    var pause = DispatchPause(patience: .seconds(60))
    #expect(pause.mayStart && !pause.isPaused)
    #expect(lacks(&pause, 1) == .paused(isNews: true, retryAfter: .milliseconds(250)))
    #expect(!pause.mayStart)
    pause.retryIsDue()
    #expect(pause.mayStart)
    pause.tries(TaskID(1))
    #expect(!pause.mayStart, "its outcome is awaited")
    #expect(lacks(&pause, 1, after: 1) == .paused(isNews: false, retryAfter: .milliseconds(500)))
    for _ in 0..<10 { _ = lacks(&pause, 1, after: 2) }
    #expect(lacks(&pause, 1, after: 3) == .paused(isNews: false, retryAfter: .seconds(5)))
    pause.retryIsDue()
    pause.tries(TaskID(1))
    pause.started(TaskID(1))
    #expect(pause.mayStart && pause.isPaused, "the next is tried, too")
    pause.goesOn()
    #expect(pause.mayStart && !pause.isPaused)
  }

  @Test func `what ends gives the next try a chance at once`() {
    var pause = DispatchPause(patience: .seconds(60))
    _ = lacks(&pause, 1, idle: false)
    pause.ended(TaskID(7))
    #expect(pause.mayStart)
  }

  @Test func `it lasts as long as something runs, and its patience when nothing does`() {
    var pause = DispatchPause(patience: .seconds(60))
    _ = lacks(&pause, 1, idle: false)
    #expect(lacks(&pause, 1, after: 1000, idle: false) != .giveUp)
    #expect(lacks(&pause, 1, after: 1001) != .giveUp, "the time begins when nothing runs any more")
    #expect(lacks(&pause, 1, after: 1060) != .giveUp)
    #expect(lacks(&pause, 1, after: 1061) == .giveUp)
  }

  @Test func `a start in between begins the time anew`() {
    var pause = DispatchPause(patience: .seconds(60))
    _ = lacks(&pause, 1)
    pause.started(TaskID(2))
    #expect(lacks(&pause, 1, after: 61) != .giveUp)
  }

  @Test func `a doubt is the task's own fault once others were started again and again, and never before`() {
    var pause = DispatchPause(patience: .seconds(60))
    for _ in 0..<20 { #expect(lacks(&pause, 1, doubtful: true) != .ownFault, "nothing else was started") }
    for round in 0..<3 {
      pause.started(TaskID(100 + round))
      #expect((lacks(&pause, 1, doubtful: true) == .ownFault) == (round == 2))
    }
    for round in 0..<20 {
      pause.started(TaskID(200 + round))
      #expect(lacks(&pause, 2) != .ownFault, "what is lacking for sure is no fault")
    }
  }

  @Test func `what is ours and what is the task's`() {
    for code in [EAGAIN, EMFILE, ENFILE] {
      for need in [Shortage.Need.ownFile, .namedFile, .process] {
        #expect(Shortage(code, need, "r") == Shortage(reason: "r"))
      }
    }
    for code in [ENOSPC, EDQUOT] {
      #expect(Shortage(code, .ownFile, "r") == Shortage(reason: "r"))
      #expect(Shortage(code, .namedFile, "r") == nil)
    }
    for code in [ENOENT, EROFS, EACCES, EIO] {
      #expect(Shortage(code, .ownFile, "r") == Shortage(reason: "r", isDoubtful: true))
      #expect(Shortage(code, .namedFile, "r") == nil && Shortage(code, .process, "r") == nil)
    }
    for code in [ESTALE, ENOTCONN, ENOMEM] { #expect(Shortage(code, .process, "r")?.isDoubtful ?? false) }
    for code in [E2BIG, ENOEXEC, ENOTDIR, ELOOP, EISDIR, ENAMETOOLONG, ETXTBSY] {
      #expect(Shortage(code, .ownFile, "r") == nil && Shortage(code, .process, "r") == nil)
    }
  }

  @Test func `what a raptor says of it reads back`() {
    let said = RaptorShortage(id: TaskID(7), shortage: doubtful)
    var json = JSONWriter()
    said.write(to: &json)
    #expect(json.bytes.dropLast().withUnsafeBytes { RaptorShortage(line: $0) } == said)
    #expect(Array(#"{"event":"raptor.hello"}"#.utf8).withUnsafeBytes { RaptorShortage(line: $0) } == nil)
  }
}
