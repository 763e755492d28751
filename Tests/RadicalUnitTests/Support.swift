import Executor
import SessionModel

@testable import RadicalEngine

/// The same numbers on every machine and in every run.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

func at(_ seconds: Double) -> Timestamp { Timestamp(microseconds: 1_785_571_200_000_000 + Int64(seconds * 1e6)) }

/// Texts that break careless quoting.
let nastyTexts = [
  "", " ", "plain", "two words", "a  b ", "it's", "'", "\"", "\\", "\\\"", "a\\", "\\\\", "$HOME", "${HOME}", "$", "a$",
  "$(touch gone)", "`touch gone`", "\\$HOME", "\\`x\\`", "!x", "#x", "~", "*", "?", "[a]", "{a,b}", "a;b", "a&b", "a|b",
  "a>b", "a<b", "(a)", "-n", "--", "line\nfeed", "tab\there", "ends\n", "naïve 日本語 👩‍🔬", "%s%n", "\\n", "$1", "\"$x\"",
  "'\"$`\\!", "${SCALEMS_ARGUMENT_1}", "=", "a=b", "\r", "\u{1b}[31m",
]

extension EngineTask {
  /// A task of its own, as the executor hands it over.
  init(_ description: TaskDescription, number: Int = 0, attempt: Int = 1) {
    let batch = TaskBatch(first: TaskID(number), description: description, members: .single)
    self.init(id: TaskID(number), attempt: attempt, batch: batch)
  }
}
