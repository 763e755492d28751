/// An option of RADICAL-Pilot's `PilotDescription` that a workflow file may give its pilot, and `run` by
/// `--pilot-option`, beside its cores, gpus and runtime.
public struct PilotOption: Sendable {
  enum Kind { case text, whole, flag }

  public var name: String
  var kind: Kind

  /// Those of RADICAL-Pilot 1.103 that one word says; a later one may have more.
  public static let known: [PilotOption] =
    ["job_name", "project", "queue", "reconfig_src", "sandbox"].map { PilotOption(name: $0, kind: .text) }
    + ["backup_nodes", "memory", "nodes"].map { PilotOption(name: $0, kind: .whole) }
    + ["cleanup", "enable_ep", exitOnError].map { PilotOption(name: $0, kind: .flag) }

  public static func named(_ name: String) -> PilotOption? { known.first { $0.name == name } }

  private static let range = 1...100_000_000
  private static let flags = [
    "true": true, "yes": true, "on": true, "1": true, "false": false, "no": false, "off": false, "0": false,
  ]

  /// What is wrong with its value, if anything.
  public func fault(of value: String) -> String? {
    let subject = "pilot option '\(name)'"
    switch kind {
    case .text:
      if value.utf8.contains(0) { return "\(subject) \(TaskRules.holdsNUL)" }
      return value.isEmpty ? "\(subject) is empty" : nil
    case .whole:
      guard let number = Int(value) else { return "\(subject) is a whole number, not '\(shortened(value))'" }
      return NumberRules.whole(number, subject, in: Self.range)
    case .flag:
      return Self.flags[value.lowercased()] == nil ? "\(subject) is true or false, not '\(shortened(value))'" : nil
    }
  }

  // MARK: exit_on_error

  private static let exitOnError = "exit_on_error"

  /// What may be asked for, and should not be.
  public static func warnings(in options: [String: String]) -> [String] {
    guard let value = options[exitOnError], flags[value.lowercased()] ?? false else { return [] }
    return [
      "the pilot has exit_on_error=true: when it fails, RADICAL-Pilot ends the process that holds its session, which then "
        + "cannot end in order, nor say why the pilot failed"
    ]
  }

  /// A value as RADICAL-Pilot reads it.
  public func plain(_ value: String) -> String {
    guard kind == .flag, let flag = Self.flags[value.lowercased()] else { return value }
    return flag ? "true" : "false"
  }
}
