import SessionModel
import Terminal
import Work

extension Action {
  /// What the page of a task can do beside what every page can.
  static let paging = [
    Action(
      name: "right", keys: [.right], keyName: "Right", title: "", help: "to the right in lines that are too long",
      group: .look,
      page: .detail
    ) { $0.scrollSideways(1) },
    Action(
      name: "left", keys: [.left], keyName: "Left", title: "", help: "to the left again", group: .look, page: .detail
    ) { $0.scrollSideways(-1) },
    Action(
      name: "attempt", keys: [.character("a")], keyName: "a", title: "attempt",
      help: "the output of the attempt before", group: .look,
      page: .detail, weight: 55, isAvailable: { $0.shownAttempts > 1 }
    ) { $0.showAttemptBefore() },
    Action(
      name: "pager", keys: [.character("v")], keyName: "v", title: "pager", help: "the output in $PAGER", group: .look,
      page: .detail,
      weight: 14, isAvailable: { $0.detail?.path != nil }
    ) { $0.showFile(.pager) },
    Action(
      name: "editor", keys: [.character("e")], keyName: "e", title: "editor", help: "the output in $EDITOR",
      group: .look,
      page: .detail, weight: 7, isAvailable: { $0.detail?.path != nil }
    ) { $0.showFile(.editor) },
    Action(
      name: "copy", keys: [.character("y")], keyName: "y", title: "copy", help: "copy a path, the uid, name or command",
      group: .look,
      page: .task, weight: 13, isAvailable: { !$0.copies.isEmpty }
    ) { $0.openCopyMenu() },
  ]
}

extension InterfaceState {
  /// The page of a task: of one that failed what it said about that comes first.
  mutating func openDetail(of task: TaskID) -> [Effect] {
    let hasFailed = snapshot.tasks.contains(task) && snapshot.tasks.state(of: task) == .failed
    var new = Detail(task, hasFailed ? .stderr : .stdout)
    new.isStreamGuessed = hasFailed
    new.dependencies = dependencies(of: task)
    detail = new
    return readOutput()
  }

  /// How many attempts the task on the page had.
  var shownAttempts: Int { detail.flatMap { snapshot.tasks.details(of: $0.task)?.attempt } ?? 1 }

  /// After the first one the last again.
  mutating func showAttemptBefore() -> [Effect] {
    guard let detail else { return [] }
    let before = (detail.output.output.attempt ?? shownAttempts) - 1
    showStream(detail.stream, attempt: before > 0 ? before : nil)
    return readOutput()
  }

  mutating func showStream(_ stream: OutputStream, attempt: Int? = nil) {
    guard let old = detail else { return }
    var new = old
    new.output = OutputPane(OutputID(old.task, stream, attempt: attempt))
    new.isFinalRead = false
    new.isStreamGuessed = false
    new.path = nil
    detail = new
  }

  /// When the stream that was chosen for a person is empty, the other one is shown.
  mutating func showOtherStream(insteadOf answer: OutputAnswer) -> [Effect]? {
    guard let detail, detail.isStreamGuessed else { return nil }
    switch answer.result {
    case .page(let page) where page.size > 0:
      self.detail?.isStreamGuessed = false
      return nil
    case .page, .failure:
      showStream(.stdout)
      return readOutput()
    case .searching, .found, .notFound: return nil
    }
  }

  /// Looked up once: that costs as much as there are items.
  private func dependencies(of task: TaskID) -> [Dependency] {
    let table = snapshot.tasks
    guard let names = table.batch(of: task)?.description(of: task).after, !names.isEmpty else { return [] }
    let wanted = Set(names.prefix(Self.shownDependencies))
    var items: [String: Dependency] = [:]
    for batch in table.batches where wanted.contains(batch.description.name) {
      items[batch.description.name] = Dependency(
        name: batch.description.name, first: batch.first, isEnsemble: batch.count > 1)
    }
    return names.prefix(Self.shownDependencies).compactMap { name in
      items[name] ?? table.task(named: name).map { Dependency(name: name, first: $0, isEnsemble: false) }
    }
  }

  static let shownDependencies = 8

  mutating func scrollSideways(_ direction: Int) -> [Effect] {
    detail?.output.scrollSideways(direction)
    return []
  }

  mutating func showFile(_ kind: TerminalProgram.Kind) -> [Effect] {
    detail?.path.map { [.show($0, kind)] } ?? []
  }
}

/// What can be copied, to choose from.
struct CopyMenu: Equatable, Sendable {
  struct Entry: Equatable, Sendable {
    var key: Character
    var title: String
    var text: String
  }

  var entries: [Entry]
  var row = 0
}

extension InterfaceState {
  /// Of the task on the page, or the row under the cursor.
  var copies: [CopyMenu.Entry] {
    let table = snapshot.tasks
    var entries: [CopyMenu.Entry] = []
    func add(_ key: Character, _ title: String, _ text: String?) {
      if let text, !text.isEmpty { entries.append(CopyMenu.Entry(key: key, title: title, text: text)) }
    }
    if let path = detail?.path { add("p", "path of the output", path) }
    if let directory = detail?.directory { add("d", "directory", directory) }
    switch detail.map({ .task($0.task) }) ?? currentRow {
    case .task(let id) where table.contains(id):
      add("u", "uid", table.uid(of: id))
      add("n", "name", table.label(of: id))
      add("c", "command", table.batch(of: id)?.shellLine(of: id))
      add("r", "reason", table.details(of: id)?.reason)
    case .ensemble(let first):
      add("n", "name", table.batch(of: first)?.description.name)
      add("c", "command", table.batch(of: first)?.description.shellLine)
    case .task, .more, nil: break
    }
    add("s", "session", snapshot.info?.id)
    return entries
  }

  mutating func openCopyMenu() -> [Effect] {
    copyMenu = CopyMenu(entries: copies)
    return []
  }

  mutating func handleCopyMenu(_ input: InputEvent) -> [Effect] {
    guard var menu = copyMenu else { return [] }
    switch input {
    case .down, .character("j"): menu.row = min(menu.entries.count - 1, menu.row + 1)
    case .up, .character("k"): menu.row = max(0, menu.row - 1)
    case .enter: return copy(menu.entries[menu.row])
    case .escape, .character("q"), .character("y"):
      copyMenu = nil
      return []
    case .character(let key): if let entry = menu.entries.first(where: { $0.key == key }) { return copy(entry) }
    default: break
    }
    copyMenu = menu
    return []
  }

  private mutating func copy(_ entry: CopyMenu.Entry) -> [Effect] {
    copyMenu = nil
    say("\(entry.title) sent to the terminal, which copies it if it does that (OSC 52)")
    return [.copy(entry.text)]
  }

  private func copyMenuRect(_ menu: CopyMenu, _ body: Rect) -> Rect {
    body.centered(height: menu.entries.count + 2, width: min(body.width, 76))
  }

  func copyMenuRows(_ menu: CopyMenu) -> OverlayRows {
    OverlayRows(.copyMenu, copyMenuRect(menu, overlayBody).inner, cursor: menu.row, count: menu.entries.count)
  }

  func draw(_ menu: CopyMenu, _ grid: inout CellGrid, _ body: Rect) {
    let rect = copyMenuRect(menu, body)
    grid.wipe(rect)
    grid.box(
      rect, title: [Span("copy", .title)], glyphs: glyphs, isFocused: true,
      footer: [Span("Enter", .key), Span(" or the letter  ", .dim), Span("Esc", .key), Span(" back", .dim)])
    let inner = rect.inner
    for (index, row) in copyMenuRows(menu).visible {
      let entry = menu.entries[index]
      let at = grid.put(
        [Span(" \(entry.key)  ", .key), Span(entry.title + "  ", .heading)], row: row, column: inner.column,
        end: inner.endColumn)
      grid.put(entry.text, row: row, column: at, width: inner.endColumn - at)
      if index == menu.row { grid.select(row: row, column: inner.column, count: inner.width) }
    }
  }
}
