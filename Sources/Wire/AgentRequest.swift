import FoundationEssentials
import JSON
import SessionModel
import Work

/// What a host tells its agent, and an agent its raptor: one JSON object a line.
///
/// `hello`, `add_item` and `stop` are CPI's words; a raptor answers `hello` with its name and version.
package enum AgentRequest {
  case hello
  /// A description that many items share; its id is the number of the first task.
  case batch(UInt32, TaskDescription)
  case addItem(ResolvedTask)
  case cancel([TaskID], grace: Double)
  /// Hand back what has not started; the number returns in the answer.
  case withdraw(Int)
  case startRaptor
  case stopRaptor
  case cancelRaptor
  /// To a raptor: finish what runs, take nothing new, end. To an agent: end now.
  case stop
}

/// The settings of an agent, in its first line.
package struct AgentConfiguration: Codable {
  package var session: String
  package var sessionDirectory: String
  package var clientDirectory: String
  /// The virtual environment that functions run in; the `python3` in PATH when `nil`.
  package var venv: String?
  package var cores: Int
  package var gpus: Int
  package var runtime: Double?
  package var pilot: String
  package var killGrace: Double
  /// The program that an agent starts as raptor, and its arguments.
  package var raptorCommand: [String]

  package init(
    session: String, sessionDirectory: String, clientDirectory: String, venv: String?, cores: Int, gpus: Int,
    runtime: Double?, pilot: String, killGrace: Double, raptorCommand: [String]
  ) {
    self.session = session
    self.sessionDirectory = sessionDirectory
    self.clientDirectory = clientDirectory
    self.venv = venv
    self.cores = cores
    self.gpus = gpus
    self.runtime = runtime
    self.pilot = pilot
    self.killGrace = killGrace
    self.raptorCommand = raptorCommand
  }

  /// What is wrong with its numbers, if anything: an agent survives whatever its host says.
  var fault: String? {
    PilotSize.fault(cores: cores) ?? PilotSize.fault(gpus: gpus) ?? runtime.flatMap(PilotSize.fault(runtime:))
  }
}

/// Writes requests; of tasks that share a description, the description goes once.
package struct RequestWriter {
  private var json = JSONWriter()
  private var known: Set<UInt32> = []

  package init() {}

  package mutating func take() -> [UInt8] {
    defer { json.removeAll() }
    return json.bytes
  }

  package mutating func write(_ configuration: AgentConfiguration) throws {
    json.beginObject()
    json.member("do", "start")
    json.member("configuration", raw: try JSONEncoder().encode(configuration))
    end()
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
    case .hello: json.member("do", "hello")
    case .batch(let number, let description):
      json.member("do", "batch")
      json.member("batch", number)
      member(description)
    case .addItem(let item):
      json.member("do", "add_item")
      json.member("n", item.id.number)
      json.member("attempt", item.attempt)
      json.member("member", item.member)
      member(item.description)
    case .cancel(let ids, let grace):
      json.member("do", "cancel")
      json.member("uids", ids.map(\.uid))
      json.member("grace", grace)
    case .withdraw(let number):
      json.member("do", "withdraw")
      json.member("request", number)
    case .startRaptor: json.member("do", "start_raptor")
    case .stopRaptor: json.member("do", "stop_raptor")
    case .cancelRaptor: json.member("do", "cancel_raptor")
    case .stop: json.member("do", "stop")
    }
    end()
  }

  private mutating func member(_ description: TaskDescription) {
    if let bytes = try? JSONEncoder().encode(description) { json.member("description", raw: bytes) }
  }

  private mutating func end() {
    json.endObject()
    json.endLine()
  }
}

/// Reads requests and remembers the descriptions they share.
package struct RequestReader {
  private var descriptions: [UInt32: TaskDescription] = [:]

  package init() {}

  package enum Outcome {
    case request(AgentRequest)
    case start(AgentConfiguration)
    case problem(String)
  }

  package mutating func read(_ line: UnsafeRawBufferPointer) -> Outcome {
    do {
      return try parse(line)
    } catch {
      return .problem("not a request: \(error)")
    }
  }

  private mutating func parse(_ line: UnsafeRawBufferPointer) throws -> Outcome {
    var scanner = JSONScanner(line)
    var verb = ""
    var number: UInt32?
    var batch: UInt32?
    var attempt = 1
    var member: Int?
    var command: String?
    var json: JSONScanner.Token?
    var ids: [TaskID] = []
    var grace = 0.0
    var request = 0
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      if key.equals("do") {
        verb = try scanner.string().text
      } else if key.equals("n") {
        number = UInt32(clamping: try scanner.integer())
      } else if key.equals("batch") {
        batch = UInt32(clamping: try scanner.integer())
      } else if key.equals("attempt") {
        attempt = Int(try scanner.integer())
      } else if key.equals("member") {
        member = Int(try scanner.integer())
      } else if key.equals("command") {
        command = try scanner.string().text
      } else if key.equals("description") || key.equals("configuration") {
        json = try scanner.value()
      } else if key.equals("uids") {
        try scanner.beginArray()
        while try scanner.nextElement() {
          if let id = TaskID(uid: try scanner.string().text) { ids.append(id) }
        }
      } else if key.equals("grace") {
        grace = try scanner.seconds()
      } else if key.equals("request") {
        request = Int(try scanner.integer())
      } else {
        _ = try scanner.value()
      }
    }
    switch verb {
    case "start":
      guard let json else { return .problem("start without a configuration") }
      let configuration = try JSONDecoder().decode(AgentConfiguration.self, from: Data(json.bytes))
      if let fault = configuration.fault { return .problem(fault) }
      return .start(configuration)
    case "hello": return .request(.hello)
    case "batch":
      guard let batch, let json else { return .problem("a batch without a number or a description") }
      let description = try JSONDecoder().decode(TaskDescription.self, from: Data(json.bytes))
      descriptions[batch] = description
      return .request(.batch(batch, description))
    case "add_item":
      guard let number else { return .problem("an item without a number") }
      let shared: TaskDescription
      if let json {
        shared = try JSONDecoder().decode(TaskDescription.self, from: Data(json.bytes))
      } else if let batch, let known = descriptions[batch] {
        shared = known
      } else {
        return .problem("an item without a description")
      }
      return .request(
        .addItem(
          ResolvedTask(id: TaskID(number), attempt: attempt, shared: shared, member: member, command: command)))
    case "cancel": return .request(.cancel(ids, grace: grace))
    case "withdraw": return .request(.withdraw(request))
    case "start_raptor": return .request(.startRaptor)
    case "stop_raptor": return .request(.stopRaptor)
    case "cancel_raptor": return .request(.cancelRaptor)
    case "stop": return .request(.stop)
    default: return .problem("unknown request '\(verb)'")
    }
  }
}
