/// What is asked of a session of others. RADICAL-Pilot understands more: `terminate` leaves it half dead, an empty list of
/// pilots means all of them, `dump` may break the socket by which its program closes the session. Only what was tried is here, in the one form that was.
enum RadicalOrder: Equatable, Sendable {
  /// Running and queued tasks of one task manager.
  case cancelTasks([String], manager: String)
  /// Its tasks fail; its programs end.
  case killPilots([String], manager: String)

  static let channel = "control_pubsub"

  /// The frame on the control channel; `nil` when it would mean something else: nothing is named.
  var frame: [UInt8]? {
    var body = MessagePackWriter()
    switch self {
    case .cancelTasks(let uids, let manager):
      guard !uids.isEmpty, !manager.isEmpty else { return nil }
      body.map(3)
      body.text("cmd")
      body.text("cancel_tasks")
      body.text("arg")
      body.map(2)
      body.text("tmgr")
      body.text(manager)
      body.text("uids")
      body.texts(uids)
      // Without it a task that runs is not ended.
      body.text("fwd")
      body.flag(true)
    case .killPilots(let uids, let manager):
      guard !uids.isEmpty, !manager.isEmpty else { return nil }
      body.map(2)
      body.text("cmd")
      body.text("kill_pilots")
      body.text("arg")
      body.map(2)
      body.text("pmgr")
      body.text(manager)
      body.text("uids")
      body.texts(uids)
    }
    return Array("\(Self.channel) ".utf8) + body.bytes
  }
}
