import SessionModel
import Words
import Work

@testable import Interface

/// An output that is a list of lines, and its reader.
struct FakeOutput {
  var lines: [String]
  var generation = 1

  private var starts: [Int] {
    var starts = [0]
    for line in lines { starts.append((starts.last ?? 0) + line.utf8.count + 1) }
    return starts
  }

  func result(of request: OutputRequest) -> OutputAnswer.Result {
    let starts = starts
    func page(_ number: Int, before: Int, after: Int) -> OutputPage {
      let end = min(lines.count, number + after)
      let start = max(0, min(number - before, end - before - after))
      return OutputPage(
        generation: generation, size: starts.last ?? 0,
        lines: (start..<end).map {
          OutputPage.Line(start: starts[$0], end: starts[$0 + 1], text: lines[$0], isEnded: true)
        }, firstNumber: start + 1, lineCount: lines.count)
    }
    func line(at byte: Int) -> Int {
      max(0, min(lines.count - 1, (starts.firstIndex { $0 > byte } ?? lines.count) - 1))
    }
    switch request.kind {
    case .page(.end): return .page(page(lines.count, before: request.before + request.after, after: 0))
    case .page(.byte(let byte)): return .page(page(line(at: byte), before: request.before, after: request.after))
    case .search(let needle, let byte, let isBackward, let isAfter):
      let from = line(at: byte)
      let hits = lines.indices.filter { needle.occurs(in: lines[$0]) }
      let ahead = hits.filter { $0 == from ? !isAfter : isBackward ? $0 < from : $0 > from }
      guard let hit = (isBackward ? ahead.last ?? hits.last : ahead.first ?? hits.first) else { return .notFound }
      return .found(page(hit, before: request.before, after: request.after), starts[hit], isAround: ahead.isEmpty)
    }
  }

  func answer(_ request: OutputRequest) -> OutputAnswer { OutputAnswer(number: request.number, result(of: request)) }
}

extension [Effect] {
  var requests: [OutputRequest] {
    compactMap { if case .read(let request) = $0 { request } else { nil } }
  }

  var reads: [OutputID] { requests.map(\.output) }
}

extension Fixture {
  /// Answers what was asked, once.
  @discardableResult
  mutating func answer(_ effects: [Effect], _ output: FakeOutput) -> [Effect] {
    effects.requests.flatMap { state.update(.output($0.output, output.answer($0)), at: now) }
  }

  /// Lets a second pass and answers until nothing is asked any more.
  mutating func read(_ output: FakeOutput, after effects: [Effect] = []) {
    var effects = effects.isEmpty ? state.update(.tick, at: now) : effects
    while !effects.requests.isEmpty { effects = answer(effects, output) + settle() }
  }
}
