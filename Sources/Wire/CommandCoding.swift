import JSON
import SessionModel
import Work

extension CommandRecord {
  static let coding = JSONCoding<CommandRecord>(
    read: { scanner in
      let ahead = scanner
      var record = try record.read(&scanner)
      (record.stage, record.added) = try CommandProgress.read(ahead)
      return record
    },
    write: { record, writer in
      writer.beginObject()
      record.write(to: &writer)
      writer.endObject()
    })

  private static let record = JSONRecord(
    CommandRecord(id: 0, verb: .drain, sender: "", stage: .requested),
    .required("id", \.id, .integer),
    .required("verb", \.verb, .word),
    .optional("uids", \.someTasks, TaskIDs.coding),
    .optional("grace", \.graceSeconds, .number),
    .optional("now", \.isWithoutGrace, .flag),
    .required("user", \.sender.user, .text),
    .optional("origin", \.sender.origin, .text),
    .optional("request", \.sender.request, .text),
    .optional("reason", \.reason, .text))

  func write(to writer: inout JSONWriter) {
    Self.record.write(self, to: &writer)
    CommandProgress(stage, added).write(to: &writer)
  }
}

extension CommandRecord {
  fileprivate var someTasks: TaskIDs? {
    get { tasks.isEmpty ? nil : tasks }
    set { tasks = newValue ?? [] }
  }

  fileprivate var graceSeconds: Double? {
    get { if case .seconds(let seconds)? = grace { seconds } else { nil } }
    set { if let newValue { grace = CloseGrace(seconds: newValue) } }
  }

  fileprivate var isWithoutGrace: Bool? {
    get { grace == CloseGrace.none ? true : nil }
    set { if newValue == true { grace = CloseGrace.none } }
  }
}

/// How far a command has come, as members of an object: in the journal and on the control socket.
struct CommandProgress: Sendable {
  private var stage = ""
  private var succeeded: Bool?
  private var outcome: String?
  private var code: String?
  private var first: UInt32?
  private var count: Int?

  private static let record = JSONRecord(
    CommandProgress(),
    .required("stage", \.stage, .text),
    .optional("succeeded", \.succeeded, .flag),
    .optional("outcome", \.outcome, .text),
    .optional("code", \.code, .text),
    .optional("first", \.first, .integer),
    .optional("count", \.count, .integer))

  private init() {}

  init(_ stage: CommandRecord.Stage, _ added: Range<UInt32>?) {
    switch stage {
    case .requested: self.stage = "requested"
    case .acknowledged: self.stage = "acknowledged"
    case .finished(let outcome):
      (self.stage, succeeded, self.outcome) = ("finished", outcome.isDone, outcome.words)
      if case .failed(let failure) = outcome, failure.code != .unknown { code = failure.code.rawValue }
    }
    (first, count) = (added?.lowerBound, added?.count)
  }

  func write(to writer: inout JSONWriter) { Self.record.write(self, to: &writer) }

  /// - Parameter scanner: stands before the object.
  static func read(_ scanner: JSONScanner) throws -> (CommandRecord.Stage, added: Range<UInt32>?) {
    var scanner = scanner
    let members = try record.read(&scanner)
    return (try members.readStage(), try members.readAdded())
  }

  private func readStage() throws(JSONError) -> CommandRecord.Stage {
    switch stage {
    case "requested": return .requested
    case "acknowledged": return .acknowledged
    case "finished":
      guard let succeeded else { throw JSONError([], "has no 'succeeded'") }
      guard let outcome else { throw JSONError([], "has no 'outcome'") }
      // A word of a newer program says as little as none.
      return .finished(
        succeeded ? .done(outcome) : .failed(code.flatMap(CommandFailure.Code.init) ?? .unknown, outcome))
    default: throw JSONError([.member("stage")], "cannot be '\(stage.shortened(to: 60))'")
    }
  }

  private func readAdded() throws(JSONError) -> Range<UInt32>? {
    guard let first else { return nil }
    guard let count, count >= 0, count <= Int(UInt32.max - first) else {
      throw JSONError([.member("count")], "cannot be \(count.map(String.init) ?? "left out")")
    }
    return first..<(first + UInt32(count))
  }
}
