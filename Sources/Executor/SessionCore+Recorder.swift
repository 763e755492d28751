import SessionModel
import Words

// The record of the session. A task whose end is not in it would run again when the session is taken up: so none is started
// that could not be recorded.

extension SessionCore {
  mutating func recorderChanged(_ trouble: RecorderTrouble?) {
    let earlier = recorderTrouble
    recorderTrouble = trouble
    switch trouble {
    case nil, .busy?: disarm(.recorder)
    case .hangs?, .full?:
      if earlier == nil || earlier == .busy { arm(.recorder, limits.shortage) }
    }
    // What the engine has not started would come to its end unrecorded, too.
    if trouble?.isFull ?? false, !(earlier?.isFull ?? false) { takeBack() }
  }

  private mutating func takeBack() {
    guard isOpen, !work.inEngine.isEmpty else { return }
    if case .stopping = intention { return }
    emit(.call(.withdraw(isShutdown: false)))
    arm(.withdraw, limits.drain)
  }

  /// It lasts. As long as something runs, it may do so.
  mutating func recorderExpired() {
    guard let why = recorderTrouble?.text, isOpen else { return }
    guard work.inEngine.isEmpty else { return arm(.recorder, limits.shortage) }
    log(.error, "\(why); that has lasted for \(limits.shortage.text), so the session ends")
    close(.notRecorded(why))
  }
}

extension RecorderTrouble {
  fileprivate var isFull: Bool { if case .full = self { true } else { false } }

  /// Why, in a sentence; `nil` when it is only for a moment.
  fileprivate var text: String? {
    switch self {
    case .busy: nil
    case .hangs(let text), .full(let text): text
    }
  }
}
