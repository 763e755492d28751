import SessionModel
import Terminal
import Testing

@testable import Interface

#if canImport(Glibc)
  import Glibc
#endif

/// Screens as they were looked at and found good. `make goldens` writes them, and shows which changed.
@Suite struct GoldenTests {
  private static let sizes = [(24, 80), (15, 50), (60, 200), (10, 40)]

  @Test(arguments: sizes, [false, true])
  func runningSession(_ size: (rows: Int, columns: Int), isASCII: Bool) throws {
    var fixture = Fixture.busy(isASCII: isASCII, isFlat: false, rows: size.rows, columns: size.columns)
    try check(fixture.screen().text, "running-\(size.columns)x\(size.rows)-\(isASCII ? "ascii" : "utf8")")
  }

  @Test(arguments: sizes, [false, true])
  func ensembles(_ size: (rows: Int, columns: Int), isASCII: Bool) throws {
    var fixture = Fixture.ensembles(isASCII: isASCII, rows: size.rows, columns: size.columns)
    fixture.press(.enter, .down, .down, .character(" "))
    try check(fixture.screen().text, "ensembles-\(size.columns)x\(size.rows)-\(isASCII ? "ascii" : "utf8")")
  }

  @Test(arguments: [("color", Theme.standard), ("light", .light), ("mono", .mono)])
  func looks(_ name: String, _ theme: Theme) throws {
    var fixture = Fixture.busy(isFlat: false)
    fixture.press(.right, .character("j"), .character(" "), .character("j"))
    try check(fixture.screen().styledText(in: theme), "looks-80x24-\(name)")
  }

  @Test(arguments: sizes)
  func shutdown(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.closing(rows: size.rows, columns: size.columns)
    try check(fixture.screen().text, "shutdown-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes)
  func summary(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.closed(rows: size.rows, columns: size.columns)
    try check(fixture.screen().text, "summary-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes)
  func cancelDialog(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.busy(rows: size.rows, columns: size.columns)
    for _ in 0..<8 { fixture.press(.character(" ")) }
    fixture.press(.character("c"), .tab)
    fixture.type("too slow")
    try check(fixture.screen().text, "cancel-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes)
  func detail(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.busy(rows: size.rows, columns: size.columns)
    fixture.type("/failed")
    let effects = fixture.press(.enter, .enter)
    // On the smallest screen one shows the output at all.
    if fixture.state.layout.output == nil { fixture.press(.character("o")) }
    let output = FakeOutput(lines: (1...100_000).map { "step \($0)  energy -\($0).5" })
    fixture.read(output, after: effects)
    try check(fixture.screen().text, "detail-\(size.columns)x\(size.rows)")
  }

  @Test func help() throws {
    var fixture = Fixture.busy(rows: 70)
    fixture.press(.character("?"))
    try check(fixture.screen().text, "help-80x70")
  }

  @Test(arguments: sizes, MainView.allCases)
  func views(_ size: (rows: Int, columns: Int), _ view: MainView) throws {
    guard view != .overview else { return }
    var fixture = Fixture.busy(rows: size.rows, columns: size.columns)
    fixture.move([5, 6], .failed, TaskResult(signal: 11, reason: "SIGSEGV: Segmentation fault (core dumped)"))
    fixture.type(String(view.rawValue))
    if view == .failures { fixture.press(.enter) }
    try check(fixture.screen().text, "\(view)-\(size.columns)x\(size.rows)")
  }

  @Test func readOnly() throws {
    var fixture = Fixture.busy(isReadOnly: true, isOwned: false, raptor: false)
    fixture.wait(300)
    try check(fixture.screen().text, "read-only-80x24")
  }

  @Test(arguments: sizes)
  func leaving(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.busy(rows: size.rows, columns: size.columns)
    fixture.press(.character("q"), .down)
    try check(fixture.screen().text, "leave-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes)
  func hostGone(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.busy(isOwned: false, rows: size.rows, columns: size.columns)
    fixture.link(LinkStatus(way: .files(delay: 1), host: .gone(since: fixture.now)))
    fixture.wait(420)
    try check(fixture.screen().text, "host-gone-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: [(24, 80), (15, 50)])
  func silentWithAProblem(_ size: (rows: Int, columns: Int)) throws {
    var fixture = Fixture.busy(isReadOnly: true, isOwned: false, rows: size.rows, columns: size.columns)
    fixture.link(
      LinkStatus(
        way: .files(delay: 1), host: .silent(since: fixture.now),
        problem: "the journal cannot be written (No space left on device): events are kept in memory"))
    fixture.wait(95)
    try check(fixture.screen().text, "silent-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes, [false, true])
  func replay(_ size: (rows: Int, columns: Int), isASCII: Bool) throws {
    var fixture = Fixture.replay(isASCII: isASCII, rows: size.rows, columns: size.columns)
    try check(fixture.screen().text, "replay-\(size.columns)x\(size.rows)-\(isASCII ? "ascii" : "utf8")")
  }

  @Test(arguments: [(24, 80), (15, 50), (60, 200)], [Theme.standard, .mono])
  func picker(_ size: (rows: Int, columns: Int), _ theme: Theme) throws {
    var state = PickerTests.state(isASCII: theme == .mono)
    state.size = CellSize(rows: size.rows, columns: size.columns)
    _ = state.update(.burst([.down], continues: false), at: Fixture.start)
    _ = state.settle(size: state.size, at: Fixture.start)
    let text = theme == .mono ? state.view().styledText(in: theme) : state.view().text
    // Once is enough for the looks.
    guard theme != .mono || size.columns == 80 else { return }
    try check(text, "picker-\(size.columns)x\(size.rows)\(theme == .mono ? "-mono-ascii" : "")")
  }

  @Test(arguments: [(24, 80), (15, 50), (20, 120), (60, 200)])
  func pickerWithPrograms(_ size: (rows: Int, columns: Int)) throws {
    var state = PickerTests.programs()
    _ = state.settle(size: CellSize(rows: size.rows, columns: size.columns), at: Fixture.start)
    try check(state.view().text, "picker-programs-\(size.columns)x\(size.rows)")
  }

  @Test func beforeTheSession() throws {
    var fixture = Fixture()
    try check(fixture.screen().text, "starting-80x24")
  }

  @Test func filter() throws {
    var fixture = Fixture.busy()
    fixture.type("/simulate queued .1")
    try check(fixture.screen().text, "filter-80x24")
  }

  private func check(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let directory = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(directory)/Goldens/\(name).txt"
    if getenv("UPDATE_GOLDENS") != nil {
      let file = try #require(fopen(path, "w"))
      fputs(text, file)
      fclose(file)
      return
    }
    let file = try #require(fopen(path, "r"), "no golden \(name): 'make goldens' writes it")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    let golden = String(decoding: bytes, as: UTF8.self)
    let difference = zip(lines(golden), lines(text)).enumerated().filter { $0.element.0 != $0.element.1 }
      .map { "\($0.offset + 1) was \($0.element.0)\n\($0.offset + 1)  is \($0.element.1)" }
    #expect(golden == text, "\(name):\n\(difference.joined(separator: "\n"))", sourceLocation: location)
  }

  private func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}
