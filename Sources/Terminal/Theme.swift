/// How each meaning looks: a theme is a table of roles to looks.
public enum Theme: String, CaseIterable, Sendable {
  /// The terminal's own colours, for dark backgrounds.
  case standard = "default"
  /// Dark colours, for white backgrounds.
  case light
  /// No colour that could be faint, and what matters on a ground of its own.
  case highContrast = "high-contrast"
  /// Nothing is told apart by red and green.
  case colorBlind = "colour-blind"
  /// Bold, underline and reverse alone: grey counts as a colour under NO_COLOR.
  case mono

  /// - Parameter word: as people write it.
  public init?(word: String) {
    guard let theme = Theme(rawValue: word.lowercased().replacing("color", with: "colour")) else { return nil }
    self = theme
  }

  /// What is not in the table looks plain.
  private var table: [Style.Role: Appearance] {
    switch self {
    case .standard: Self.standardTable
    case .light: Self.lightTable
    case .highContrast: Self.contrastTable
    case .colorBlind: Self.colorBlindTable
    case .mono: Self.monoTable
    }
  }

  func look(of role: Style.Role) -> Appearance { table[role] ?? Appearance() }

  /// The same in all of them.
  private static let common: [Style.Role: Appearance] = [
    .title: Appearance(bold: true), .key: Appearance(bold: true), .entry: Appearance(underline: true),
  ]
  private static let colored: [Style.Role: Appearance] = common.merging([
    .dim: Appearance(dim: true), .border: Appearance(dim: true),
  ]) { $1 }

  private static let standardTable = colored.merging([
    .heading: Appearance(color: .cyan), .focus: Appearance(color: .cyan), .ok: Appearance(color: .green),
    .error: Appearance(color: .red, bold: true), .warning: Appearance(color: .orange, bold: true),
    .running: Appearance(color: .cyan), .queued: Appearance(color: .blue),
  ]) { $1 }

  private static let lightTable = common.merging([
    .dim: Appearance(color: .grey), .border: Appearance(color: .grey), .heading: Appearance(color: .navy),
    .focus: Appearance(color: .navy), .ok: Appearance(color: .darkGreen),
    .error: Appearance(color: .darkRed, bold: true), .warning: Appearance(color: .brown, bold: true),
    .running: Appearance(color: .navy, bold: true), .queued: Appearance(color: .purple),
  ]) { $1 }

  private static let contrastTable = common.merging([
    .heading: Appearance(bold: true, underline: true), .focus: Appearance(bold: true), .ok: Appearance(bold: true),
    .error: Appearance(color: .white, background: .darkRed, bold: true),
    .warning: Appearance(color: .black, background: .gold, bold: true), .running: Appearance(bold: true),
    .key: Appearance(bold: true, underline: true),
  ]) { $1 }

  /// After Okabe and Ito.
  private static let colorBlindTable = colored.merging([
    .heading: Appearance(bold: true), .focus: Appearance(color: .sky, bold: true), .ok: Appearance(color: .sky),
    .error: Appearance(color: .orange, bold: true, underline: true), .warning: Appearance(color: .mauve, bold: true),
    .running: Appearance(bold: true),
  ]) { $1 }

  private static let monoTable = common.merging([
    .heading: Appearance(underline: true), .focus: Appearance(bold: true), .error: Appearance(bold: true),
    .warning: Appearance(bold: true), .running: Appearance(bold: true),
  ]) { $1 }
}

/// How a style looks on a terminal.
public struct Appearance: Hashable, Sendable {
  /// A colour of the eight that every colour terminal has, and a better one of 256.
  public enum Color: String, CaseIterable, Sendable {
    // The terminal's own, which people choose.
    case black, red, green, yellow, blue, magenta, cyan, white
    // Of these, warnings on a dark ground as on a white one; the others for one of them.
    case orange, grey, navy, darkGreen, darkRed, brown, purple, gold, sky, mauve

    /// The number of the colour, in the order of terminfo.
    public func number(isRich: Bool) -> Int16 {
      switch self {
      case .black: 0
      case .red: 1
      case .green: 2
      case .yellow: 3
      case .blue: 4
      case .magenta: 5
      case .cyan: 6
      case .white: isRich ? 231 : 7
      case .orange: isRich ? 166 : 3
      case .grey: isRich ? 241 : 0
      case .navy: isRich ? 25 : 4
      case .darkGreen: isRich ? 22 : 2
      case .darkRed: isRich ? 124 : 1
      case .brown: isRich ? 94 : 5
      case .purple: isRich ? 90 : 5
      case .gold: isRich ? 220 : 3
      case .sky: isRich ? 32 : 4
      case .mauve: isRich ? 133 : 5
      }
    }
  }

  public var color: Color?
  public var background: Color?
  public var bold = false
  public var dim = false
  public var underline = false
  public var reverse = false

  public init(
    color: Color? = nil, background: Color? = nil, bold: Bool = false, dim: Bool = false, underline: Bool = false,
    reverse: Bool = false
  ) {
    (self.color, self.background) = (color, background)
    (self.bold, self.dim, self.underline, self.reverse) = (bold, dim, underline, reverse)
  }
}

extension Style {
  public func appearance(in theme: Theme) -> Appearance {
    var look = theme.look(of: role)
    if isSelected {
      look.reverse = true
      // Dim on reverse is unreadable on many terminals.
      look.dim = false
    }
    return look
  }
}
