import JSON
import Work

// What a task is, as JSON: in the journal, on the control socket, to an agent and in a checkpoint. A line a field, in
// order of the names. All members that can be are written: scalems-top 0.1.0 does not read a description without them.

extension TaskDescription {
  package static let coding = JSONCoding(
    read: { scanner in
      var ahead = scanner
      var description = try record.read(&scanner)
      // A call runs in the raptor when nothing is said of it.
      if description.function != nil, !description.raptor { description.raptor = try !JSONObject(&ahead).has("raptor") }
      return description
    }, write: record.coding.write)

  private static let record = JSONRecord(
    TaskDescription(name: ""),
    .field("after", \.after, .list(.text)),
    .field("argv", \.argv, .list(.text)),
    .optional("client_directory", \.clientDirectory, .text),
    .optional("directory", \.directory, .text),
    .field("environment", \.environment, .map(.text)),
    .optional("function", \.function, FunctionCall.coding),
    .field("inputs", \.inputs, .list(StagingDirective.coding)),
    .optional("launcher", \.chosenLauncher, .word),
    .field("name", \.name, .text),
    .field("outputs", \.outputs, .list(StagingDirective.coding)),
    .field("pre_exec", \.preExec, .list(.text)),
    .field("raptor", \.raptor, .flag),
    .field("resources", \.resources, TaskResources.coding),
    .field("retries", \.retries, .integer),
    .field("stderr", \.stderr, .text),
    .optional("stdin", \.stdin, StandardInput.coding),
    .field("stdout", \.stdout, .text),
    .optional("timeout", \.timeout, .number))

  /// The description as JSON.
  public var json: [UInt8] {
    var writer = JSONWriter()
    Self.coding.write(self, &writer)
    return writer.bytes
  }
}

extension TaskDescription {
  /// Left out where nobody chose one, as 0.1.0 wrote it.
  fileprivate var chosenLauncher: Launcher? {
    get { launcher == .auto ? nil : launcher }
    set { launcher = newValue ?? .auto }
  }
}

extension TaskResources {
  static let coding = JSONRecord(
    TaskResources(),
    .field("cores_per_rank", \.coresPerRank, .integer),
    .field("gpus_per_rank", \.gpusPerRank, .integer),
    .field("ranks", \.ranks, .integer)
  ).coding
}

extension StagingDirective {
  static let coding = JSONRecord(
    StagingDirective(source: "", target: ""),
    .field("action", \.action, .word),
    .required("source", \.source, .text),
    .required("target", \.target, .text)
  ).coding
}

extension WorkItem {
  package static let coding = JSONRecord(
    WorkItem(TaskDescription(name: "")),
    .required("description", \.description, TaskDescription.coding),
    .field("shape", \.shape, .list(.integer))
  ).coding
}

extension FunctionCall {
  static let coding = JSONRecord(
    FunctionCall(module: "", name: ""),
    .nonEmpty("args", \.args, .inText(.list(.any))),
    .nonEmpty("kwargs", \.kwargs, .inText(.map(.any))),
    .required("module", \.module, .text),
    .required("name", \.name, .text)
  ).coding
}

extension StandardInput {
  private struct Members {
    var file: String?
    var text: String?

    var input: StandardInput? {
      switch (text, file) {
      case (let text?, nil): .text(text)
      case (nil, let file?): .file(file)
      default: nil
      }
    }

    init(_ input: StandardInput? = nil) {
      switch input {
      case .text(let text)?: self.text = text
      case .file(let file)?: self.file = file
      case nil: break
      }
    }
  }

  static let coding = JSONRecord(
    Members(), .optional("file", \.file, .payload), .optional("text", \.text, .payload)
  ).coding.map(expected: "either a text or a file", \.input) { Members($0) }
}

extension JSONCoding {
  /// A value as a text that holds its JSON, as 0.1.0 wrote it; read as itself, too.
  fileprivate static func inText(_ coding: JSONCoding) -> JSONCoding {
    JSONCoding(
      read: { scanner in
        guard try scanner.kind() == .string else { return try coding.read(&scanner) }
        return try Array(try scanner.string().text.utf8).withUnsafeBytes { try coding.value($0) }
      },
      write: { value, writer in
        var inner = JSONWriter()
        coding.write(value, &inner)
        writer.string(String(decoding: inner.bytes, as: UTF8.self))
      })
  }
}

extension JSONCoding where Value == String {
  private struct Payload { var text = "" }

  /// A text as 0.1.0 wrote it, `{"_0":"…"}`; read as itself, too.
  fileprivate static var payload: JSONCoding {
    let object = JSONRecord(Payload(), .required("_0", \.text, .text)).coding
    return JSONCoding(
      read: { try $0.kind() == .string ? try $0.string().text : object.read(&$0).text },
      write: { object.write(Payload(text: $0), &$1) })
  }
}
