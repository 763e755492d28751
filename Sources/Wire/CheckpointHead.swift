import JSON
import SessionModel
import Work

/// What of a snapshot is not a column: the journal's own words.
struct CheckpointHead: Sendable {
  var snapshot = SessionSnapshot()
  var batches: [BatchMembers] = []
  var epoch: Timestamp?
  var raptorFinished = 0

  static let record = JSONRecord(
    CheckpointHead(),
    .optional("session", \.snapshot.info, SessionInfo.record.coding),
    .required("phase", \.snapshot.phase, .word),
    .optional("phase_reason", \.snapshot.phaseReason, .text),
    .optional("opened", \.snapshot.opened, .time),
    .optional("closed", \.snapshot.closed, .time),
    .optional("pilot", \.snapshot.pilot, PilotStatus.record.coding),
    .optional("pilot_active", \.snapshot.pilotActive, .time),
    .optional("raptor", \.snapshot.raptor, RaptorStatus.record.coding),
    .required("workflow_complete", \.snapshot.isWorkflowComplete, .flag),
    .required("commands", \.snapshot.commands, .list(CommandRecord.coding)),
    .required("shutdown", \.snapshot.shutdown, .list(ShutdownProgress.record.coding)),
    .required("log", \.snapshot.log, .list(SessionSnapshot.LogLine.record.coding)),
    .required("log_count", \.snapshot.logCount, .integer),
    .optional("summary", \.snapshot.summary, SessionSummary.record.coding),
    .optional("last_event", \.snapshot.lastEvent, .time),
    .required("batches", \.batches, .list(BatchMembers.record.coding)),
    .optional("epoch", \.epoch, .time),
    .required("raptor_finished", \.raptorFinished, .integer))

  init() {}

  init(_ snapshot: SessionSnapshot) {
    self.snapshot = snapshot
    batches = snapshot.tasks.batches.map { BatchMembers($0).withoutCommands }
    (epoch, raptorFinished) = (snapshot.tasks.columns.epoch, snapshot.tasks.columns.raptorFinished)
  }
}

extension SessionSnapshot {
  func write(to writer: inout ByteWriter) {
    var json = JSONWriter()
    // Only this version reads it.
    json.omitsDefaults = true
    CheckpointHead.record.coding.write(CheckpointHead(self), &json)
    writer.count(json.bytes.count)
    writer.column(json.bytes)
    for batch in tasks.batches {
      if case .commands(_, let list) = batch.members { writer.texts(list) }
    }
    tasks.columns.write(to: &writer)
    history.write(to: &writer)
  }

  /// The snapshot that was written; equal snapshots are equal bytes.
  init(reading reader: inout ByteReader) throws {
    let head = try CheckpointHead.record.coding.value(try reader.bytes(try reader.count()))
    self = head.snapshot
    try reader.require(logCount >= log.count)
    var batches: [TaskBatch] = []
    batches.reserveCapacity(head.batches.count)
    for var members in head.batches {
      if members.hasCommands == true { members.commands = try reader.texts() }
      batches.append(try members.batch())
    }
    var columns = try TaskColumns(reading: &reader)
    (columns.epoch, columns.raptorFinished) = (head.epoch, head.raptorFinished)
    guard let table = TaskTable(batches: batches, columns: columns) else { throw reader.damage }
    tasks = table
    history = try SessionHistory(reading: &reader)
  }
}
