import ArgumentParser
import Platform
import Words
import Work

/// What is said of arguments that make no sense: in the words of the verb that they were for.
enum WrongUsage {
  /// The verbs, as they are written.
  static var verbs: [String] {
    ScalemsTop.configuration.groupedSubcommands.flatMap(\.subcommands).map(name)
  }

  /// Without making the words of all of them.
  private static func isVerb(_ word: String) -> Bool {
    ScalemsTop.configuration.groupedSubcommands.contains { $0.subcommands.contains { name($0) == word } }
  }

  static func name(_ command: any ParsableCommand.Type) -> String { command.configuration.commandName ?? "" }

  /// Refuses what stands in the place of a verb and is none, before it is taken for a session: `scalems-top SESSION` shows
  /// that one.
  ///
  /// - Throws: `UsageError`.
  static func checkVerb(_ arguments: [String]) throws(UsageError) {
    guard let first = arguments.dropFirst().first, !first.hasPrefix("-") else { return }
    let rest = arguments.dropFirst(2)
    if first == "help" {
      if let wanted = rest.first(where: { !$0.hasPrefix("-") }), !isVerb(wanted) { throw noVerb(wanted) }
      return
    }
    guard !isVerb(first) else { return }
    if rest.contains(where: { ["--help", "-h", "-help"].contains($0) }) { throw noVerb(first) }
    // A session may be called like a verb with a slip in it.
    if !suggestion(for: first, among: verbs).isEmpty, ShownSession.exact(first) == nil { throw noVerb(first) }
  }

  /// What the parser complains of when the first word is no verb: more than one session was named, or a verb is unknown.
  static func noVerb(in arguments: [String]) -> UsageError? {
    guard let first = arguments.dropFirst().first, !first.hasPrefix("-"), first != "help", !isVerb(first) else {
      return nil
    }
    return noVerb(first)
  }

  private static func noVerb(_ word: String) -> UsageError {
    UsageError(
      description: "there is no command '\(shortened(word))'\(suggestion(for: word, among: verbs)): "
        + "'scalems-top --help' shows those there are")
  }

  /// A fault that a verb found in its arguments, with its usage.
  static func words(_ fault: ValidationError, of command: any ParsableCommand) -> TerminalText {
    let type = type(of: command)
    let usage = ScalemsTop.usageString(for: type)
    return "Error: \(fault.message)\nUsage: " + .lines(usage)
      + "\n  See 'scalems-top \(name(type)) --help' for more information."
  }
}
