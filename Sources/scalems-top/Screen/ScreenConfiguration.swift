import Interface
import Platform
import SystemPackage
import Terminal
import Words
import WorkflowFile

/// The person's configuration file. Only what shows a screen reads it: no verb that ends or changes a session does.
enum ScreenConfiguration {
  static var path: String { userDirectory("XDG_CONFIG_HOME", below: ".config") + "/scalems-top/config.yaml" }

  private static let words = ConfigurationFile.Vocabulary(
    themes: Theme.allCases.map(\.rawValue) + ["color-blind"], columns: InterfaceOptions.columnNames,
    actions: KeyBindings.actions,
    refresh: InterfaceOptions.refreshRange
  ) { keys in KeyBindings.read(entries(keys)).faults.map { ($0.entry, $0.sentence) } }

  private static func entries(_ keys: [ConfigurationFile.Keys]) -> [KeyBindings.Entry] {
    keys.map { KeyBindings.Entry(action: $0.action, keys: $0.keys) }
  }

  /// Puts into the options what the file says; without a file nothing.
  ///
  /// - Throws: `UsageError` that says what is wrong with it, and where.
  static func apply(to options: inout InterfaceOptions) throws(UsageError) {
    guard let file = try read() else { return }
    if let theme = file.theme.flatMap({ Theme(word: $0) }) { options.screen.theme = theme }
    if let mouse = file.mouse { options.screen.hasMouse = mouse }
    if let refresh = file.refresh { options.refresh = refresh }
    options.columns = file.columns
    options.keys = KeyBindings.read(entries(file.keys)).bindings
  }

  private static func read() throws(UsageError) -> ConfigurationFile? {
    let path = path
    let bytes: [UInt8]
    do {
      let file = try Descriptor.open(.file, path, owner: .thisUser, limit: ConfigurationFile.sizeLimit)
      bytes = try file.readAll(limit: ConfigurationFile.sizeLimit)
    } catch {
      let problem = (error as? FileError) ?? FileError("\(path) cannot be read", (error as? Errno) ?? .ioError)
      if problem.isMissing || problem.code == .notDirectory { return nil }
      throw UsageError(description: "\(problem)\n\(hint)")
    }
    do { return try ConfigurationFile(bytes, path: path, words: words) } catch {
      throw UsageError(description: error.text + "\n\(hint)")
    }
  }

  private static let hint: TerminalText = "set that right, or use --no-config for a screen without it"
}
