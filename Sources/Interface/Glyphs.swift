/// The characters the screen is drawn with.
struct Glyphs: Sendable {
  var horizontal: Unicode.Scalar
  var vertical: Unicode.Scalar
  var topLeft: Unicode.Scalar
  var topRight: Unicode.Scalar
  var bottomLeft: Unicode.Scalar
  var bottomRight: Unicode.Scalar
  var barFull: Unicode.Scalar
  /// Work that is under way.
  var barPart: Unicode.Scalar
  var barEmpty: Unicode.Scalar
  /// The ends of a line that shows a position.
  var trackLeft: Unicode.Scalar
  var trackRight: Unicode.Scalar
  var separator: String
  var mark: String
  var pointer: String
  var check: String
  var cross: String
  var more: String
  /// Stands for what was cut out of a text; one column.
  var cut: String
  /// Before the number of members of an ensemble.
  var times: String
  /// Before the row of an ensemble: a closed one, an open one.
  var closed: String
  var opened: String
  /// Before the row of a member, and before the last one below its ensemble.
  var branch: String
  var lastBranch: String
  var ascending: String
  var descending: String
  /// Segments of a bar that tell the phases apart without colour.
  var failedPart: Unicode.Scalar
  var canceledPart: Unicode.Scalar
  var queuedPart: Unicode.Scalar
  /// From nothing to a full cell.
  var levels: [Unicode.Scalar]

  static let unicode = Glyphs(
    horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘",
    barFull: "█", barPart: "▒", barEmpty: "░", trackLeft: "▕", trackRight: "▏", separator: "·", mark: "●",
    pointer: "▸", check: "✓", cross: "✗", more: "…", cut: "…", times: "×", closed: "▸", opened: "▾", branch: "├ ",
    lastBranch: "└ ",
    ascending: "▲", descending: "▼", failedPart: "▚", canceledPart: "×", queuedPart: "─",
    levels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"])

  static let ascii = Glyphs(
    horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+",
    barFull: "#", barPart: "=", barEmpty: ".", trackLeft: "[", trackRight: "]", separator: "-", mark: "*", pointer: ">",
    check: "ok", cross: "!!", more: "...", cut: "~", times: "x", closed: ">", opened: "v", branch: "| ",
    lastBranch: "` ",
    ascending: "^", descending: "v", failedPart: "!", canceledPart: "x", queuedPart: "-",
    levels: [" ", "_", ".", "-", "=", "+", "*", "#"])
}
