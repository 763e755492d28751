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

  static let unicode = Glyphs(
    horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘",
    barFull: "█", barPart: "▒", barEmpty: "░", trackLeft: "▕", trackRight: "▏", separator: "·", mark: "●", pointer: "▸",
    check: "✓", cross: "✗", more: "…", cut: "…")

  static let ascii = Glyphs(
    horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+",
    barFull: "#", barPart: "=", barEmpty: ".", trackLeft: "[", trackRight: "]", separator: "-", mark: "*", pointer: ">",
    check: "ok", cross: "!!", more: "...", cut: "~")
}
