import Glibc
import SessionModel
import TestSupport
import Testing
import Work

/// The output of a task on its page, in a real terminal: whatever it prints, and wherever that goes.
@Suite struct OutputPageTests {
  private static let sizes = [(80, 24), (50, 15), (200, 60)]

  /// A session with one task that waits, its page open with the keys on the output.
  private func show(
    _ command: String, columns: Int = 80, rows: Int = 24, options: String = ""
  ) async throws -> (TestSession, Tmux) {
    let session = try TestSession(
      "tasks: [{name: talker, command: \"\(command.replacingQuotes); while [ ! -e go ]; do sleep 0.05; done\"}]")
    let terminal = try await session.show(columns: columns, rows: rows, options: options)
    try await terminal.wait(forText: "R running")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "Esc back")
    try await terminal.press("Tab")
    return (session, terminal)
  }

  private func end(_ session: TestSession, _ terminal: Tmux) async throws {
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test(arguments: sizes)
  func `a long output is scrolled, searched and followed`(_ columns: Int, _ rows: Int) async throws {
    let (session, terminal) = try await show("seq -f 'line %.0f' 100000; echo the end", columns: columns, rows: rows)
    try await terminal.wait(for: "the end") { $0.contains("the end") && $0.contains("line 100000") }
    try await terminal.press("g")
    let top = try await terminal.wait(for: "the start") { $0.contains("line 1 ") && $0.contains("line 3 ") }
    #expect(top.contains("100,001") || top.contains("0%"), "how long it is:\n\(top)")
    try await terminal.press("NPage")
    try await terminal.wait(for: "the next page") { !$0.contains("line 1 ") && $0.contains("line ") }
    try await terminal.press("/")
    try await terminal.wait(forText: "search:")
    try await terminal.type("LINE 54321")
    try await terminal.press("Enter")
    try await terminal.wait(for: "the hit") { $0.contains("line 54321 ") }
    try await terminal.press("/")
    try await terminal.wait(forText: "search: LINE 54321")
    try await terminal.press("C-u")
    try await terminal.type("line 777")
    try await terminal.press("Enter")
    try await terminal.wait(for: "the next hit") { $0.contains("line 77700 ") || $0.contains("line 77700\u{2502}") }
    try await terminal.press("N")
    try await terminal.wait(for: "the one before") { $0.contains("line 7779 ") }
    try await terminal.press("F")
    try await terminal.wait(for: "the end again") { $0.contains("line 100000") }
    try await end(session, terminal)
  }

  @Test(arguments: sizes)
  func `what a terminal would show is shown`(_ columns: Int, _ rows: Int) async throws {
    let printed = [
      #"for i in 1 2 3 4 5; do printf '\rstep %d of 5' $i; done; printf '\nA\bB\n'"#,
      #"printf '\033(Bplain\033[31m red\033[0m\033]0;title\007!\033]8;;x\033\\link\033]8;;\033\\\n'"#,
      #"printf 'gone\033[2K\rerased\n\033[1Aup\na    b\tc\nn\000ul \366l \377\n'"#,
      #"printf '解析🚀 e\314\201nd\n\342\200\256turned\n'"#,
    ].joined(separator: "; ")
    let (session, terminal) = try await show(printed, columns: columns, rows: rows)
    let screen = try await terminal.wait(forText: "\\u202eturned")
    for text in ["erased", "up", "a    b  c", "nul \u{FFFD}l \u{FFFD}", "解析🚀 e\u{301}nd", "\\u202eturned"] {
      #expect(screen.contains(text), "\(text):\n\(screen)")
    }
    #expect(!screen.contains("\u{202E}"))
    // On a wide screen the command is there, too.
    #expect(columns > 100 || !screen.contains("gone"))
    try await terminal.press("g")
    let top = try await terminal.wait(forText: "step 5 of 5")
    #expect(top.contains("plain red!link") && !top.contains("step 4"), "\(top)")
    try await end(session, terminal)
  }

  @Test func `another attempt, a cut, a removed file and what is no file are said, and followed again`() async throws {
    let (session, terminal) = try await show("seq -f 'line %.0f' 5000")
    let file = "\(session.place.path)/s/tasks/task.000000/stdout"
    try await terminal.wait(forText: "line 5000")
    try await terminal.press("PPage")
    try await terminal.wait(forText: "F follows")
    func replace(_ make: () throws -> Void) throws {
      unlink(file)
      try make()
    }
    try replace { try session.place.write("attempt 2\n", to: "s/tasks/task.000000/stdout") }
    try await terminal.wait(for: "the new one") { $0.contains("attempt 2") && $0.contains("begun anew") }
    try replace {}
    try await terminal.wait(forText: "not there any more")
    try replace { mkfifo(file, 0o600) }
    try await terminal.wait(for: "a FIFO") { $0.contains("FIFO") }
    try replace { mkdir(file, 0o700) }
    try await terminal.wait(for: "a directory") { $0.contains("is a directory") }
    rmdir(file)
    try session.place.write("at last\n", to: "s/tasks/task.000000/stdout")
    try await terminal.wait(forText: "at last")
    try await end(session, terminal)
  }

  @Test func `an output that is a FIFO, or a line of a gigabyte, holds up neither others nor commands`() async throws {
    let session = try TestSession(
      """
      pilot: {cores: 4}
      tasks:
        - name: piped
          command: "rm $PWD/stdout; mkfifo $PWD/stdout; sleep {mark} > $PWD/stdout"
        - {name: endless, command: "truncate -s 1G stdout; printf 'tail of it' >> stdout; sleep {mark}"}
        - {name: plain, command: "echo hello there; sleep {mark}"}
      """)
    let terminal = try await session.show()
    try await terminal.wait(forText: "plain")
    try await wait(for: "all of them") { session.sleepers.count >= 2 }
    try await terminal.press("Enter")
    try await terminal.wait(for: "the FIFO") { $0.contains("FIFO") }
    func back() async throws {
      try await terminal.press("Escape")
      try await terminal.wait(for: "the list") { $0.contains("Enter open") }
    }
    try await back()
    try await terminal.press("j", "Enter", "Tab")
    try await terminal.wait(forText: "tail of it")
    try await terminal.press("g")
    try await terminal.wait(for: "its start") { $0.contains("0% of 1.0 GiB") }
    try await terminal.press("/")
    try await terminal.type("nowhere in it")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "searching")
    // Commands and other outputs go on meanwhile.
    try await terminal.confirm("c")
    try await wait(for: "the cancel") { try session.snapshot().tasks.state(of: TaskID(1)) == .canceled }
    try await terminal.press("Escape")
    try await terminal.wait(for: "the end of the search") { !$0.contains("searching") }
    try await back()
    try await terminal.press("/")
    try await terminal.type("plain")
    try await terminal.press("Enter")
    try await terminal.wait(for: "it alone") { $0.contains("1/1 of 3") }
    try await terminal.press("Enter", "Tab")
    try await terminal.wait(for: "its output") { $0.contains(" hello there") && $0.contains("lines 1-1 of 1") }
    try await terminal.confirm("X")
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test(arguments: sizes)
  func `names and reasons of any script, and the last state of a progress bar, are read`(
    _ columns: Int, _ rows: Int
  ) async throws {
    let session = try TestSession(
      """
      tasks:
        - name: molecular-dynamics-of-lysozyme-in-water
          ensemble: 12
          command: "for i in 1 2 3; do printf '\\\\r%3d%%|##   |' $i >&2; done; printf '\\\\r\\\\033[K错误：没有    水\\\\r\\\\n' >&2; exit 3"
      """)
    let terminal = try await session.show(columns: columns, rows: rows)
    try await terminal.wait(forText: "CLOSED")
    // On a narrow screen its end is cut; on a wide one the command is seen, too.
    let summary = try await terminal.wait(forText: columns < 80 ? "exit 3: 错误" : "exit 3: 错误：没有    水")
    #expect(summary.contains(".0 ") && (columns > 100 || !summary.contains("##")))
    try await terminal.press("Tab")
    try await terminal.wait(for: "the list") { $0.contains(".1 ") && $0.contains(".2 ") }
    try await terminal.press("q")
    try await terminal.wait(forText: "exit=1")
  }
}

extension String {
  /// For a text between quotes in a workflow.
  fileprivate var replacingQuotes: String {
    map { $0 == "\\" ? "\\\\" : $0 == "\"" ? "\\\"" : String($0) }.joined()
  }
}
