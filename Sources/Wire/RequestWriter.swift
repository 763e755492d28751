import JSON
import SessionModel
import Work

/// Writes requests; of tasks that share a description, the description goes once.
package struct RequestWriter {
  private var json = JSONWriter()
  private var known: Set<UInt32> = []

  package init() {}

  package mutating func take() -> [UInt8] {
    defer { json.removeAll() }
    return json.bytes
  }

  /// A task of a batch, preceded by the batch's description when the peer does not know it yet.
  package mutating func write(_ id: TaskID, attempt: Int, of batch: TaskBatch) {
    let isShared = batch.count > 1
    if isShared, known.insert(batch.first.number).inserted { write(.batch(batch.first.number, batch.description)) }
    json.beginObject()
    json.member("do", "add_item")
    json.member("n", id.number)
    json.member("attempt", attempt)
    json.member("member", batch.member(of: id))
    if isShared { json.member("batch", batch.first.number) } else { member(batch.description) }
    if case .commands = batch.members { json.member("command", batch.commandLine(of: id)) }
    end()
  }

  package mutating func write(_ request: AgentRequest) {
    json.beginObject()
    switch request {
    case .start(let configuration):
      json.member("do", "start")
      json.member("version", AgentRequest.version)
      json.member("configuration", configuration, AgentConfiguration.coding)
    case .hello: json.member("do", "hello")
    case .batch(let number, let description):
      json.member("do", "batch")
      json.member("batch", number)
      member(description)
    case .addItem(let item, let slots):
      json.member("do", "add_item")
      json.member("n", item.id.number)
      json.member("attempt", item.attempt)
      json.member("label", item.label)
      json.member("member", item.member)
      if !slots.cores.isEmpty { json.member("cores", slots.cores, .list(.integer)) }
      if !slots.gpus.isEmpty { json.member("gpus", slots.gpus, .list(.integer)) }
      member(item.description)
    case .cancel(let ids, let grace):
      json.member("do", "cancel")
      json.member("uids", ids, .list(TaskID.coding))
      json.member("grace", grace, .number)
    case .withdraw(let number):
      json.member("do", "withdraw")
      json.member("request", number)
    case .directory(let identity):
      json.member("do", "directory")
      json.member("identity", identity)
    case .startRaptor: json.member("do", "start_raptor")
    case .stopRaptor: json.member("do", "stop_raptor")
    case .cancelRaptor: json.member("do", "cancel_raptor")
    case .stop: json.member("do", "stop")
    }
    end()
  }

  private mutating func member(_ description: TaskDescription) {
    json.member("description", description, TaskDescription.coding)
  }

  private mutating func end() {
    json.endObject()
    json.endLine()
  }
}
