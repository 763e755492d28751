import SessionModel
import Terminal
import Words
import Work

/// A question before a command is sent. The default is No, and the tasks it is about do not change while it is open.
struct Dialog: Equatable, Sendable {
  var verb: OperatorCommand.Verb
  /// Whether the session is closing already, and the question is whether to skip its grace periods.
  var isHurry = false
  /// The tasks of a `cancel`, as they were when the dialog opened.
  var targets = IDSet()
  /// Marked tasks that had already ended then.
  var skipped = 0
  /// What has to be typed, where a key is too little: `nil` where it is not.
  var word: String?
  var typed = TextField()
  var isYes = false
  var isTyping = false
  var reason = TextField()

  enum Answer: Equatable { case open, no, yes }

  mutating func handle(_ input: InputEvent) -> Answer {
    switch input {
    case .escape: return .no
    case .tab, .backTab:
      isTyping.toggle()
      return .open
    case .enter where isTyping:
      isTyping = false
      return .open
    default: break
    }
    if isTyping {
      _ = reason.edit(input)
      return .open
    }
    if let word {
      if input == .enter { return typed.text == word ? .yes : .open }
      // What was pasted was not meant for this.
      if case .paste = input { return .open }
      _ = typed.edit(input)
      return .open
    }
    switch input {
    case .character("y"), .character("Y"): return .yes
    case .character("n"), .character("N"): return .no
    case .enter: return isYes ? .yes : .no
    // No letter chooses: who types the word that another question asks for ("close") answers nothing with it.
    case .left: isYes = false
    case .right: isYes = true
    default: break
    }
    return .open
  }

  var title: String {
    switch verb {
    case .drain: "drain the session"
    case .stop: "stop the session"
    case .resume: "resume"
    case .cancel: targets.count == 1 ? "cancel a task" : "cancel \(Format.count(targets.count)) tasks"
    case .rerun: targets.count == 1 ? "rerun a task" : "rerun \(Format.count(targets.count)) tasks"
    case .cancelRaptor: "cancel the raptor"
    case .close: isHurry ? "close now" : "close the session"
    case .submit: "submit work"
    }
  }

  var question: String {
    switch verb {
    case .drain: "Drain the session?"
    case .stop: "Stop the session?"
    case .resume: "Resume?"
    case .cancel: targets.count == 1 ? "Cancel this task?" : "Cancel these \(Format.count(targets.count)) tasks?"
    case .rerun: targets.count == 1 ? "Run this task again?" : "Run these \(Format.count(targets.count)) tasks again?"
    case .cancelRaptor: "Cancel the raptor?"
    case .close: isHurry ? "Skip the grace periods?" : "Close the session?"
    case .submit: "Submit work?"
    }
  }

  /// What will happen, as things are now.
  ///
  /// - Parameters:
  ///   - grace: seconds that running tasks get when the session is closed, when that is known.
  ///   - room: columns for a line of the list of tasks, which is not wrapped.
  ///   - mark: what stands for what was cut out of a name.
  func consequences(
    _ tasks: TaskTable, raptor: RaptorStatus?, of keeper: SessionKeeper, grace: Double?, room: Int, mark: String
  ) -> [String] {
    // In words that are right for one task, too.
    let running = "what runs (\(Format.plural(tasks.count(in: .running), "task")))"
    let waiting = Format.plural(tasks.count(in: .queued) + tasks.count(in: .waiting), "task")
    let inRaptor = "Running in it: \(Format.plural(tasks.raptorRunning, "task"))"
    switch verb {
    case .drain:
      return ["Refuse new work; finish \(running) and what is queued or waits (\(waiting)); then end."]
    case .stop:
      return [
        "Dispatch nothing more; \(running) finishes; what is queued or waits (\(waiting)) stays in the workflow;"
          + " then end."
      ]
    case .resume: return ["Undo the drain or stop."]
    case .cancelRaptor where keeper == .program:
      return [
        "\(raptor?.uid ?? "The raptor") and its workers are canceled. \(inRaptor)."
      ]
    case .close where keeper == .program:
      guard !isHurry else {
        return ["What is waited for now is not waited for any more; what the log names as left is ended."]
      }
      return [
        "Its pilots end at once: \(running) and what is queued (\(waiting)) FAILS by that. Then its program is waited"
          + " for, interrupted after 6 s, and told to end (SIGTERM) after 10 s more."
      ]
    case .cancelRaptor:
      return [
        "\(raptor?.uid ?? "The raptor") is asked to stop, and canceled when it does not."
          + " \(inRaptor); waiting for it: \(Format.count(tasks.raptorQueued))."
      ]
    case .close where isHurry:
      return [
        "Nothing is waited for any more: \(running) is killed at once, and every further step gets 2 s."
      ]
    case .close:
      return [
        "Dispatch nothing more; \(running) gets \(grace.map(Format.seconds) ?? "its time") to finish and is then canceled;"
          + " what is queued or waits (\(waiting)) is not run; then "
          + (raptor == nil ? "pilot and session are closed." : "raptor, pilot and session are closed.")
      ]
    case .cancel: return cancelLines(tasks, room, mark)
    case .rerun: return targetLines(tasks, room, mark) + ["What was canceled because of them runs again, too."]
    case .submit: return []
    }
  }

  private static let shownTargets = 5

  private func targetLines(_ tasks: TaskTable, _ room: Int, _ mark: String) -> [String] {
    let shown = (0..<Self.shownTargets).compactMap { targets.select($0) }
    var lines = shown.filter(tasks.contains).map { id in
      let state = tasks.state(of: id).phase.word
      let uid = tasks.uid(of: id)
      let label = Columns.cutMiddle(
        tasks.label(of: id), to: max(8, room - uid.count - state.count - 6), mark: mark)
      return "  \(uid)  \(label)  \(state)"
    }
    if targets.count > Self.shownTargets {
      lines.append("  and \(Format.count(targets.count - Self.shownTargets)) more")
    }
    return lines
  }

  private func cancelLines(_ tasks: TaskTable, _ room: Int, _ mark: String) -> [String] {
    var lines = targetLines(tasks, room, mark)
    if skipped > 0 { lines.append("\(Format.count(skipped)) of the marked tasks ended before and are left alone.") }
    let ended = targets.count - open(tasks).count
    if ended > 0 { lines.append("\(Format.count(ended)) of these ended meanwhile and will be left alone.") }
    return lines
  }

  /// The targets that have not ended.
  func open(_ tasks: TaskTable) -> IDSet { targets.intersection(tasks.openTasks) }
}
