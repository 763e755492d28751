import SessionModel
import Synchronization

/// What one pass over a recording finds: how far it goes, what is worth a look, and snapshots to go back to.
///
/// The pass runs beside the playing, which uses what is there already.
final class ReplayIndex: Sendable {
  private struct State {
    var end: Timestamp?
    var isComplete = false
    var marks: [Timestamp] = []
    var keyframes: Keyframes
  }

  static let markLimit = 10_000

  private let state: Mutex<State>

  /// - Parameter step: between two snapshots, see `Recording.step`.
  init(step: Int) { state = Mutex(State(keyframes: Keyframes(step: step))) }

  /// The latest time found so far, and whether nothing more will be found.
  var end: (time: Timestamp?, isComplete: Bool) { state.withLock { ($0.end, $0.isComplete) } }
  /// Times of failures, commands and changes of phase, in order; the first ones.
  var marks: [Timestamp] { state.withLock { $0.marks } }

  func keyframe(before time: Timestamp) -> Keyframe? { state.withLock { $0.keyframes.before(time) } }

  /// Reads the whole of it; what cannot be read ends the pass.
  func scan(_ recording: Recording) {
    defer { state.withLock { $0.isComplete = true } }
    guard let cursor = try? ReplayCursor(recording) else { return }
    var snapshot = SessionSnapshot()
    var time = Timestamp(microseconds: .min)
    while !Task.isCancelled, let (events, end) = try? cursor.readPortion() {
      var marks: [Timestamp] = []
      for event in events {
        time = max(time, event.time)
        if event.kind.isMark { marks.append(time) }
      }
      snapshot.apply(events)
      state.withLock { state in
        state.end = time
        for mark in marks where state.marks.count < Self.markLimit && state.marks.last != mark {
          state.marks.append(mark)
        }
        guard state.keyframes.wants(end) else { return }
        state.keyframes.add(Keyframe(offset: end, time: time, snapshot: snapshot))
      }
    }
  }
}

extension SessionEvent.Kind {
  /// Whether a person who looks through a recording would stop here.
  var isMark: Bool {
    switch self {
    case .task(_, .failed, _), .sessionPhase, .sessionClosed: true
    case .command(let record): record.stage == .requested
    case .pilot(let status): status.state == .failed
    case .raptor(let status): status.state == .failed
    default: false
    }
  }
}
