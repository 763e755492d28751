import Executor
import SessionModel
import Work

@testable import RadicalEngine

func at(_ seconds: Double) -> Timestamp { Timestamp(microseconds: 1_785_571_200_000_000 + Int64(seconds * 1e6)) }

/// Texts that break careless quoting.
let nastyTexts = [
  "", " ", "plain", "two words", "a  b ", "it's", "'", "\"", "\\", "\\\"", "a\\", "\\\\", "$HOME", "${HOME}", "$", "a$",
  "$(touch gone)", "`touch gone`", "\\$HOME", "\\`x\\`", "!x", "#x", "~", "*", "?", "[a]", "{a,b}", "a;b", "a&b", "a|b",
  "a>b", "a<b", "(a)", "-n", "--", "line\nfeed", "tab\there", "ends\n", "naïve 日本語 👩‍🔬", "%s%n", "\\n", "$1", "\"$x\"",
  "'\"$`\\!", "a'\u{301}; touch gone", "\"\u{301}$HOME", "$\u{301}", "${SCALEMS_ARGUMENT_1}", "=", "a=b", "\r",
  "\u{1b}[31m",
]

extension EngineTask {
  /// A task of its own, as the executor hands it over.
  init(_ description: TaskDescription, number: Int = 0, attempt: Int = 1) {
    let batch = TaskBatch(first: TaskID(number), description: description, members: .single)
    self.init(id: TaskID(number), attempt: attempt, batch: batch)
  }
}

extension TaskMapping {
  func map(_ task: EngineTask, submission: Int) -> RPTask { map(task.resolved, submission: submission) }

  func refusal(of task: EngineTask) -> String? { refusal(of: task.resolved) }
}
