/// How each meaning looks: a theme is a table of roles to looks.
public enum Theme: String, CaseIterable, Sendable {
  /// Colours that can be read on black as on white.
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

  /// - Parameter isRich: whether the terminal has 256 colours. Where it has fewer, what would be faint on one of the grounds
  ///   has no colour, and what nothing else tells from plain text then looks as in ``mono``.
  func look(of role: Style.Role, isRich: Bool) -> Appearance {
    var look = table[role] ?? Appearance()
    guard !isRich, let color = look.color, color.number(isRich: false) == nil else { return look }
    look.color = nil
    return look == Appearance() ? Self.monoTable[role] ?? look : look
  }

  /// The same in all of them.
  private static let common: [Style.Role: Appearance] = [
    .title: Appearance(bold: true), .key: Appearance(bold: true), .entry: Appearance(underline: true),
  ]
  private static let colored: [Style.Role: Appearance] = common.merging([
    .dim: Appearance(dim: true), .border: Appearance(dim: true),
  ]) { $1 }

  private static let standardTable = colored.merging([
    .heading: Appearance(color: .teal), .focus: Appearance(color: .teal), .ok: Appearance(color: .leaf),
    .error: Appearance(color: .crimson, bold: true), .warning: Appearance(color: .orange, bold: true),
    .running: Appearance(color: .teal), .queued: Appearance(color: .violet),
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
    // Bold black is grey on many terminals.
    .warning: Appearance(color: .black, background: .gold), .running: Appearance(bold: true),
    .key: Appearance(bold: true, underline: true),
  ]) { $1 }

  /// After Okabe and Ito.
  private static let colorBlindTable = colored.merging([
    .heading: Appearance(bold: true), .focus: Appearance(color: .sky, bold: true), .ok: Appearance(color: .sky),
    .error: Appearance(color: .vermilion, bold: true, underline: true), .warning: Appearance(color: .mauve, bold: true),
    .running: Appearance(bold: true),
  ]) { $1 }

  private static let monoTable = common.merging([
    .heading: Appearance(underline: true), .focus: Appearance(bold: true), .error: Appearance(bold: true),
    .warning: Appearance(bold: true), .running: Appearance(bold: true),
  ]) { $1 }
}

/// How a style looks on a terminal.
public struct Appearance: Hashable, Sendable {
  /// A colour of the 256 that are the same on every terminal that has so many, and what stands for it among the eight that
  /// every colour terminal has.
  public enum Color: String, CaseIterable, Sendable {
    // Grounds, and what stands on one.
    case black, white, gold
    // On a dark ground as on a white one.
    case orange, teal, leaf, crimson, violet, sky, mauve, vermilion
    // On a white ground.
    case grey, navy, darkGreen, darkRed, brown, purple

    /// The number of the colour, in the order of terminfo; `nil` when none of the eight can be read on its grounds: green,
    /// yellow and cyan cannot on white, and blue cannot on black.
    public func number(isRich: Bool) -> Int16? {
      switch self {
      case .black: isRich ? 16 : 0
      case .white: isRich ? 231 : 7
      case .gold: isRich ? 220 : 3
      case .orange: isRich ? 166 : 5
      case .teal: isRich ? 31 : nil
      case .leaf: isRich ? 28 : nil
      case .crimson: isRich ? 160 : 1
      case .violet: isRich ? 63 : nil
      case .sky: isRich ? 32 : nil
      case .mauve: isRich ? 133 : 5
      case .vermilion: isRich ? 166 : nil
      case .grey: isRich ? 241 : 0
      case .navy: isRich ? 25 : 4
      case .darkGreen: isRich ? 22 : nil
      case .darkRed: isRich ? 124 : 1
      case .brown: isRich ? 94 : 5
      case .purple: isRich ? 90 : 5
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
  /// - Parameter isRich: whether the terminal has 256 colours.
  public func appearance(in theme: Theme, isRich: Bool = true) -> Appearance {
    var look = theme.look(of: role, isRich: isRich)
    if isSelected {
      look.reverse = true
      // Dim on reverse is unreadable on many terminals.
      look.dim = false
    }
    return look
  }
}
