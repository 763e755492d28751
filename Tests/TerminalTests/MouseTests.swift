import TestSupport
import Testing

@testable import Terminal

@Suite struct MouseTests {
  private static func events(_ text: String, readsMouse: Bool = true) -> [InputEvent] {
    var decoder = InputDecoder(readsMouse: readsMouse)
    let start = InputDecoder.Instant.now
    return decoder.feed(Array(text.utf8), at: start) + decoder.tick(at: start + .seconds(5))
  }

  @Test func `clicks and the wheel are read, and nothing else of a mouse`() {
    #expect(Self.events("\u{1B}[<0;56;10M") == [.mouse(MouseEvent(.click, row: 9, column: 55))])
    #expect(
      Self.events("\u{1B}[<64;1;1M\u{1B}[<65;99999;2M") == [
        .mouse(MouseEvent(.wheelUp, row: 0, column: 0)), .mouse(MouseEvent(.wheelDown, row: 1, column: 99998)),
      ])
    for report in [
      "<0;56;10m", "<2;1;1M", "<4;1;1M", "<16;1;1M", "<32;1;1M", "<35;1;1M", "<66;1;1M", "<128;1;1M", "<0;0;1M",
      "<0;1;0M",
      "<0;-1;1M", "<0;1M", "<0;1;1;1M", "<;;M", "<M", "<0;1;123456M", "<999999999999999999999;1;1M", "<0:1;1;1M",
      "0;56;10M",
      "<0;1;1~", "<0;1;1u", ">0;1;1M", "<0;1;1$M",
    ] {
      #expect(Self.events("\u{1B}[" + report) == [.unknown], "\(report)")
    }
    // Nobody asked for it.
    #expect(Self.events("\u{1B}[<0;56;10M", readsMouse: false) == [.unknown])
  }

  @Test func `a report that is cut off or torn types nothing`() {
    let report = Array("\u{1B}[<0;56;10M".utf8)
    for cut in 1..<report.count {
      var decoder = InputDecoder(readsMouse: true)
      let start = InputDecoder.Instant.now
      var events = decoder.feed(Array(report[..<cut]), at: start)
      events += decoder.feed(Array(report[cut...]), at: start + .milliseconds(20))
      #expect(events == [.mouse(MouseEvent(.click, row: 9, column: 55))], "cut at \(cut)")
      var alone = InputDecoder(readsMouse: true)
      let rest = alone.feed(Array(report[..<cut]), at: start) + alone.tick(at: start + .seconds(5))
      #expect(rest.allSatisfy { if case .character = $0 { false } else { true } }, "cut at \(cut): \(rest)")
    }
  }
}
