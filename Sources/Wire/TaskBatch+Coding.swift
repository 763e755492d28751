import Work
import JSON

extension TaskBatch {
  func write(to writer: inout ByteWriter) {
    writer.number(first.number)
    description.write(to: &writer)
    switch members {
    case .single: writer.number(UInt8(0))
    case .ensemble(let first, let count):
      writer.number(UInt8(1))
      writer.count(first)
      writer.count(count)
    case .commands(let first, let list):
      writer.number(UInt8(2))
      writer.count(first)
      writer.count(list.bytes.count)
      writer.column(list.bytes)
      writer.count(list.ends.count)
      writer.column(list.ends)
    }
  }

  init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    let first = TaskID(try reader.number(UInt32.self))
    let description = try TaskDescription(reading: &reader)
    let members: Members
    var member = 0
    switch try reader.number(UInt8.self) {
    case 0: members = .single
    case 1:
      member = try reader.integer()
      members = .ensemble(first: member, count: try reader.integer())
    case 2:
      member = try reader.integer()
      let bytes = try reader.column(try reader.count(), of: UInt8.self)
      let ends = try reader.column(try reader.count(ofSize: 4), of: UInt32.self)
      guard let list = CommandList(bytes: bytes, ends: ends) else { throw reader.damage }
      members = .commands(first: member, list)
    default: throw reader.damage
    }
    self.init(first: first, description: description, members: members)
    // As in a journal: ids and member numbers are numbers of 32 bits.
    let limit = Int(UInt32.max)
    try reader.require(member >= 0 && count >= 0 && count <= limit - first.index && member <= limit - count)
  }
}

extension TaskDescription {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.text(name)
    writer.texts(argv)
    writer.optional(function) {
      $0.text($1.module)
      $0.text($1.name)
      $0.text(JSONValue.array($1.args).json)
      $0.text(JSONValue.object($1.kwargs).json)
    }
    writer.optional(stdin) {
      switch $1 {
      case .text(let text):
        $0.flag(false)
        $0.text(text)
      case .file(let path):
        $0.flag(true)
        $0.text(path)
      }
    }
    writer.list(environment.sorted { $0.key < $1.key }) {
      $0.text($1.key)
      $0.text($1.value)
    }
    writer.text(stdout)
    writer.text(stderr)
    for directives in [inputs, outputs] {
      writer.list(directives) {
        $0.text($1.source)
        $0.text($1.target)
        $0.text($1.action.rawValue)
      }
    }
    for number in [resources.ranks, resources.coresPerRank, resources.gpusPerRank, retries] { writer.number(number) }
    writer.texts(preExec)
    writer.optional(timeout) { $0.seconds($1) }
    writer.flag(raptor)
    writer.texts(after)
  }

  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(name: try reader.text(), argv: try reader.texts())
    function = try reader.optional { reader throws(ByteReader.Damage) in try FunctionCall(reading: &reader) }
    stdin = try reader.optional { reader throws(ByteReader.Damage) in
      try reader.flag() ? .file(try reader.text()) : .text(try reader.text())
    }
    for _ in 0..<(try reader.count(ofSize: 16)) {
      let key = try reader.text()
      environment[key] = try reader.text()
    }
    stdout = try reader.text()
    stderr = try reader.text()
    inputs = try Self.directives(&reader)
    outputs = try Self.directives(&reader)
    resources = TaskResources(
      ranks: try reader.number(), coresPerRank: try reader.number(), gpusPerRank: try reader.number())
    retries = try reader.number()
    preExec = try reader.texts()
    timeout = try reader.optional { reader throws(ByteReader.Damage) in try reader.seconds() }
    raptor = try reader.flag()
    after = try reader.texts()
  }

  private static func directives(_ reader: inout ByteReader) throws(ByteReader.Damage) -> [StagingDirective] {
    try reader.list { reader throws(ByteReader.Damage) in
      StagingDirective(source: try reader.text(), target: try reader.text(), action: try reader.choice())
    }
  }
}

extension FunctionCall {
  fileprivate init(reading reader: inout ByteReader) throws(ByteReader.Damage) {
    self.init(module: try reader.text(), name: try reader.text())
    guard case .array(let elements)? = try? JSONValue(json: try reader.text()),
      case .object(let members)? = try? JSONValue(json: try reader.text())
    else { throw reader.damage }
    args = elements
    kwargs = members
  }
}
