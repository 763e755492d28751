import SessionModel
import Terminal
import TestSupport
import Testing

@testable import Interface

@Suite struct KeyBindingTests {
  private static func faults(_ entries: [(String, [String])]) -> [String] {
    KeyBindings.read(entries.map { KeyBindings.Entry(action: $0.0, keys: $0.1) }).faults.map(\.sentence)
  }

  private static func bound(_ entries: [(String, [String])], isReadOnly: Bool = false) -> Fixture {
    let read = KeyBindings.read(entries.map { KeyBindings.Entry(action: $0.0, keys: $0.1) })
    #expect(read.faults == [])
    var fixture = Fixture.busy(isReadOnly: isReadOnly, keys: ActionTable(read.bindings))
    fixture.settle()
    return fixture
  }

  @Test func `a key that was given away does nothing, and the new one what it did`() {
    var fixture = Self.bound([("drain", ["d", "F6"])])
    fixture.press(.character("D"))
    #expect(fixture.state.dialog == nil)
    fixture.press(.character("d"))
    #expect(fixture.state.dialog?.verb == .drain)
    fixture.press(.escape, .function(6))
    #expect(fixture.state.dialog?.verb == .drain)
  }

  @Test func `the key line, the help and the hints show the keys that are`() {
    var fixture = Self.bound([("cancel", ["K"]), ("resume", ["z"]), ("follow", ["E"]), ("drain", ["d", "F6"])])
    let keys = fixture.screen().text(ofRow: 23)
    #expect(keys.contains("K cancel") && !keys.contains("c cancel") && keys.contains("d F6 drain"))
    fixture.events(.sessionPhase(.draining, reason: nil))
    #expect(fixture.screen().text.contains("z undoes it"))
    fixture.state.size.rows = 90
    fixture.press(.character("?"))
    let help = fixture.screen().text
    #expect(help.contains("     K  cancel the marked") && help.contains("     E  keep the end of"))
  }

  @Test(
    arguments: [
      ([("drain", ["c"])], ["'drain' and 'cancel' would both have 'c': give one another key"]),
      (
        [("cancel", ["d"]), ("drain", ["d"])],
        [
          "'cancel' and 'drain' would both have 'd': give one another key",
          "'drain' and 'cancel' would both have 'd': give one another key",
        ]
      ),
      ([("mark", ["Enter"])], ["'mark' and 'open' would both have 'Enter': give one another key"]),
      ([("cancel", ["j"])], ["'cancel' and 'down' would both have 'j': give one another key"]),
      ([("play", ["q"])], ["'play' and 'leave' would both have 'q': give one another key"]),
      ([("warnings", ["?"])], ["'warnings' and 'help' would both have '?': give one another key"]),
      ([("filter", ["["])], ["'filter' and 'slower' would both have '[': give one another key"]),
      ([("drain", ["Ctrl-C"])], ["'drain' cannot have 'Ctrl-C': that interrupts, always"]),
      ([("drain", ["^Z"])], ["'drain' cannot have '^Z': that stops the program, always"]),
      ([("drain", ["Ctrl-M"])], ["'drain' cannot have 'Ctrl-M': that is what a terminal sends for Enter"]),
      ([("drain", ["C-i"])], ["'drain' cannot have 'C-i': that is what a terminal sends for Tab"]),
      ([("drain", ["Alt-d"])], ["'drain' cannot have 'Alt-d': that cannot be told from Esc and the key behind it"]),
      (
        [("drain", ["Shift-F5"])],
        ["'drain' cannot have 'Shift-F5': that is not sent by every terminal, so it can be given to nothing"]
      ),
      ([("drain", ["Esc"])], ["'drain' cannot have 'Esc': that always goes back"]),
      ([("drain", ["F5"])], ["'drain' has F5 alone, which some terminals keep for themselves: give it a letter, too"]),
      ([("leave", [])], ["'leave' needs a key: the screen could not be left"]),
    ] as [([(String, [String])], [String])])
  func `keys that cannot be are refused with the reason`(_ entries: [(String, [String])], _ sentences: [String]) {
    #expect(Self.faults(entries) == sentences)
  }

  @Test func `what is no key is told with what is near it`() {
    let sentence = Self.faults([("drain", ["PageDwn"])]).first ?? ""
    #expect(sentence.contains("'PageDwn'") && sentence.contains("F1 to F12"))
    for text in ["", "ab", "\u{7}", "e\u{301}", "\u{301}", "F13", "F0", "Ctrl-", "Ctrl-1", "^^"] {
      #expect(Self.faults([("drain", [text])]).count == 1, "\(text)")
    }
  }

  @Test func `two that change their keys have them, and one without a key is not there`() {
    var fixture = Self.bound([("drain", ["S"]), ("stop", ["D"]), ("close", [])])
    fixture.press(.character("D"))
    #expect(fixture.state.dialog?.verb == .stop)
    fixture.press(.escape, .character("S"))
    #expect(fixture.state.dialog?.verb == .drain)
    fixture.press(.escape, .character("X"))
    #expect(fixture.state.dialog == nil)
    #expect(!fixture.screen().text(ofRow: 23).contains("close"))
  }

  @Test func `keys of the same name do the same in the list of sessions`() {
    let read = KeyBindings.read([KeyBindings.Entry(action: "down", keys: ["n", "Down"])])
    let actions = read.bindings.apply(to: PickerAction.all)
    #expect(actions.first { $0.name == "down" }?.keyName == "n Down")
  }

  @Test func `every key on an F-key has a letter, and every action a name of its own for each place`() {
    for action in Action.all + Action.playing {
      let hasFunction = action.keys.contains { if case .function = $0 { true } else { false } }
      let hasLetter = action.keys.contains { if case .character = $0 { true } else { false } }
      #expect(!hasFunction || hasLetter, "\(action.name)")
      for other in Action.all where other.name == action.name && other.page == action.page && other.help != action.help
      {
        Issue.record("\(action.name) is two things")
      }
    }
  }

  @Test func `a read-only screen has no key for what it may not, whatever the file says`() {
    var fixture = Self.bound([("drain", ["d"])], isReadOnly: true)
    #expect(fixture.press(.character("d")) == [])
    #expect(fixture.state.dialog == nil)
  }

  @Test func `the example has all actions, with their keys`() throws {
    let text = try String(contentsOfFile: "\(packageRoot)/Documentation/config.yaml", encoding: .utf8)
    for name in KeyBindings.actions {
      let keys = (Action.all + Action.playing).first { $0.name == name }?.keys ?? []
      let line = "#  \(name): [\(keys.map { quoted($0.keyName) }.joined(separator: ", "))]"
      #expect(text.contains(line + " ") || text.contains(line + "\n"), "Documentation/config.yaml lacks: \(line)")
    }
  }

  /// As YAML wants it.
  private func quoted(_ name: String) -> String {
    name.allSatisfy { $0.isLetter || $0.isNumber && name.count > 1 || $0 == "-" && name.count > 1 }
      ? name : "\"\(name.replacing("\\", with: "\\\\"))\""
  }
}
