/// What work may be: every limit of a task, and of tasks together, each with the sentence that refuses what is beyond.
///
/// A workflow file, the control socket, the inbox, the library and the command line all ask here.
public enum TaskRules {
  /// Tasks of a session.
  public static let taskRange = 1...100_000_000
  /// Ranks of a task, and cores of a rank.
  public static let coreRange = 1...1_000_000
  /// Gpus of a rank.
  public static let gpuRange = 0...1_000_000
  public static let retryRange = 0...250
  /// Bytes of an argument, a variable or a command: what Linux gives a program.
  public static let argumentBytes = 131_071
  /// Bytes of a longer text: standard input, values for a function.
  public static let textBytes = 16 << 20
  /// Bytes of all texts of one offer.
  public static let offerBytes = 256 << 20
  /// Entries of a list or mapping of a task.
  public static let entryLimit = 100_000
  /// Entries of `after`.
  public static let dependencyLimit = 10_000
  /// Values given to a function; more than anyone writes are aliases that multiply.
  public static let valueLimit = 100_000
  static let nameBytes = 200
  /// Bytes of a path, what Linux takes.
  static let pathBytes = 4095

  /// Everything that is wrong with items that are offered together, at most `limit` of it.
  ///
  /// - Parameters:
  ///   - held: tasks that the session has already.
  ///   - pilot: what the tasks must fit on.
  ///   - known: an item that the session has already.
  ///   - names: of all these, for suggestions.
  ///   - client: the workflow's directory, where it is known.
  ///   - writer: the item of the session that writes a place and is not over; none when both are directories that join.
  public static func violations(
    in items: [WorkItem], held: Int = 0, pilot: PilotSize? = nil, limit: Int = .max,
    known: (String) -> ItemSize? = { _ in nil }, names: () -> [String] = { [] }, client: String? = nil,
    writer: (WantedPlace) -> String? = { _ in nil }
  ) -> [WorkViolation] {
    var pilot = pilot
    if items.contains(where: { $0.description.function != nil }) { pilot?.hasFunctions = true }
    let single = TaskCheck(pilot: pilot)
    for (place, item) in items.enumerated() {
      single.check(item, at: place)
      if single.found.count >= limit { return Array(single.found.prefix(limit)) }
    }
    var between = WorkCheck(items: items, found: single.found)
    between.run(held: held, limit: limit, known: known, names: names, client: client, writer: writer)
    return Array(between.found.prefix(limit))
  }

  /// What is wrong with an item by itself, at most `limit` of it.
  public static func violations(of item: WorkItem, limit: Int = .max) -> [WorkViolation] {
    let single = TaskCheck(pilot: nil)
    single.check(item, at: 0)
    return Array(single.found.prefix(limit))
  }

  /// What is wrong with a list of shell commands, if anything.
  ///
  /// - Parameters:
  ///   - directory: where they run.
  ///   - held: tasks that the session has already.
  public static func fault(in commands: CommandList, directory: String? = nil, held: Int = 0) -> String? {
    if commands.isEmpty { return "there is no command in it" }
    if let fault = directory.flatMap(fault(ofDirectory:)) { return "the directory of the commands \(fault)" }
    if let sentence = tooMany(held, commands.count) { return sentence }
    let hasNUL = commands.bytes.contains(0)
    for index in 0..<commands.count {
      let bytes = commands.utf8(at: index)
      if bytes.isEmpty { return "a command is empty" }
      let fault = hasNUL && bytes.contains(0) ? holdsNUL : bytes.count > argumentBytes ? isTooLong(argumentBytes) : nil
      // By its words, not by its number: a long list comes in parts.
      if let fault { return "the command '\(shortened(commands[index]))' \(fault)" }
    }
    return nil
  }

  /// What is wrong with a directory that a task is to run in, as the end of a sentence about it.
  static func fault(ofDirectory path: String) -> String? {
    if path.utf8.contains(0) { return holdsNUL }
    if path.utf8.count > pathBytes { return isTooLong(pathBytes) }
    return path.hasPrefix("/") ? nil : "must be an absolute path, found '\(shortened(path))'"
  }

  static func tooMany(_ held: Int, _ more: Int) -> String? {
    let most = taskRange.upperBound
    return more <= most && held <= most - more ? nil : "these are more than \(most) tasks, the most a session can hold"
  }

  // MARK: Sentences that a file says while it is read

  public static let holdsNUL = "holds a NUL character, which no program can be given"
  public static let noProgram =
    "has neither 'argv' (a program and its arguments) nor 'command' nor 'function'"
  public static let emptyProgram = "names no program: it begins with the program to run"
  static func isTooLong(_ limit: Int) -> String { "is longer than \(limit) bytes" }
  public static var tooManyValues: String { "hold more than \(valueLimit) values: leave them in a file" }
  public static func noNumber(_ text: String, in what: String, _ why: String) -> String {
    "the number '\(shortened(text))' in \(what) \(why): pass it as text, in quotes"
  }
  public static func namesNoFile(_ text: String) -> String { "names no file: '\(shortened(text))'" }
}

/// How many tasks an item stands for.
public struct ItemSize: Equatable, Sendable {
  public var count: Int
  public var isEnsemble: Bool

  public init(count: Int, isEnsemble: Bool) {
    self.count = count
    self.isEnsemble = isEnsemble
  }

  public init(_ item: WorkItem) { self.init(count: item.count, isEnsemble: item.isEnsemble) }
}
