/// Text in a given number of columns: wrapped, cut, filled up. A column is what a terminal counts, not a character.
public enum Columns {
  /// The longest beginning of a text that fits; never a part of a character with its marks.
  public static func prefix(_ text: Substring, _ width: Int) -> Substring {
    var taken = 0
    var previous: Unicode.Scalar?
    var index = text.startIndex
    while index < text.endIndex {
      let scalar = text.unicodeScalars[index]
      taken += CellWidth.columns(of: scalar, after: previous)
      if taken > width { break }
      previous = scalar
      index = text.unicodeScalars.index(after: index)
    }
    return text[..<index]
  }

  /// The longest end of a text that fits; never a part of a character with its marks.
  public static func suffix(_ text: Substring, _ width: Int) -> Substring {
    var surplus = CellWidth.columns(of: text) - width
    guard surplus > 0 else { return text }
    var previous: Unicode.Scalar?
    var index = text.startIndex
    while index < text.endIndex {
      let scalar = text.unicodeScalars[index]
      let columns = CellWidth.columns(of: scalar, after: previous)
      if surplus <= 0, columns > 0 { break }
      surplus -= columns
      previous = scalar
      index = text.unicodeScalars.index(after: index)
    }
    return text[index...]
  }

  /// A text cut at its end, with a mark that says so.
  public static func cut(_ text: String, to width: Int, mark: String = "…") -> String {
    guard CellWidth.columns(of: text) > width else { return text }
    let room = width - CellWidth.columns(of: mark)
    return room < 0 ? "" : prefix(text[...], room) + mark
  }

  /// A name cut in its middle: of `molecular-dynamics.17` both what it is and which member are seen.
  ///
  /// - Parameter mark: what stands for what was cut away.
  public static func cutMiddle(_ name: String, to width: Int, mark: String = "…") -> String {
    guard CellWidth.columns(of: name) > width else { return name }
    let room = width - CellWidth.columns(of: mark)
    guard room > 0 else { return String(suffix(name[...], width)) }
    // The number of a member is shown whole, as far as that goes.
    let member = name.lastIndex(of: ".").map { CellWidth.columns(of: name[$0...]) } ?? 0
    let end = suffix(name[...], min(room, max(room / 2, member < room ? member : 0)))
    return prefix(name[...], room - CellWidth.columns(of: end)) + mark + end
  }

  /// An id cut before its last four columns: those of one program begin alike, and often end alike, too.
  public static func cutBeforeEnd(_ id: String, to width: Int, mark: String = "…") -> String {
    let room = width - CellWidth.columns(of: mark)
    guard CellWidth.columns(of: id) > width, room > 8 else { return cut(id, to: width, mark: mark) }
    let end = suffix(id[...], 4)
    return prefix(id[...], room - CellWidth.columns(of: end)) + mark + end
  }

  /// Text filled up with blanks: behind it, or before it where it is to stand at the right.
  public static func padded(_ text: String, to width: Int, isRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - CellWidth.columns(of: text)))
    return isRight ? blanks + text : text + blanks
  }

  /// Pieces of at most `width` columns, broken anywhere, as a terminal does at its edge; at least one.
  public static func pieces(_ text: String, width: Int) -> [Substring] {
    var pieces: [Substring] = []
    var rest = text[...]
    repeat {
      let piece = firstPiece(rest, max(1, width))
      pieces.append(piece)
      rest = rest[piece.endIndex...]
    } while !rest.isEmpty
    return pieces
  }

  /// Lines of at most `width` columns, broken at blanks where there are some. Blanks are kept but where a line is broken.
  public static func wrap(_ text: String, width: Int) -> [String] {
    guard width > 0 else { return [] }
    // By scalars: what ends in CR LF would be one character.
    return text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      wrapLine(Substring($0), width: width)
    }
  }

  private static func wrapLine(_ text: Substring, width: Int) -> [String] {
    var lines: [String] = []
    var rest = text
    while true {
      let piece = firstPiece(rest, width)
      let after = rest[piece.endIndex...]
      if after.isEmpty { return lines + [String(piece)] }
      var line = piece
      if after.first != " ", let blank = piece.lastIndex(of: " ") {
        // Of leading blanks nothing is left to break at.
        let head = piece[..<blank]
        if head.contains(where: { $0 != " " }) { line = head }
      }
      rest = rest[line.endIndex...].drop { $0 == " " }
      lines.append(String(trimmedEnd(line)))
      if rest.isEmpty { return lines }
    }
  }

  /// What fits, and at least one character.
  private static func firstPiece(_ text: Substring, _ width: Int) -> Substring {
    let piece = prefix(text, width)
    return piece.isEmpty && !text.isEmpty ? text[..<text.index(after: text.startIndex)] : piece
  }

  private static func trimmedEnd(_ text: Substring) -> Substring {
    guard let last = text.lastIndex(where: { $0 != " " }) else { return text }
    return text[...last]
  }
}
