/// What a piece of text means; the terminal decides how that looks.
public struct Style: Hashable, Sendable {
  /// The meaning, independent of colour.
  public enum Role: UInt8, CaseIterable, Sendable {
    case plain
    /// Less important than its surroundings.
    case dim
    /// The name of a pane, the name of the program.
    case title
    /// Column headings and labels.
    case heading
    case border
    /// The border of the pane that has the keyboard.
    case focus
    /// It went well.
    case ok
    case error
    case warning
    case running
    case queued
    /// A key a person can press.
    case key
    /// Text a person types.
    case entry
  }

  public var role: Role
  /// Whether the cell belongs to the row or button under the cursor.
  public var isSelected: Bool

  public init(_ role: Role, isSelected: Bool = false) {
    self.role = role
    self.isSelected = isSelected
  }

  public var selected: Style { Style(role, isSelected: true) }

  public static let plain = Style(.plain)
  public static let dim = Style(.dim)
  public static let title = Style(.title)
  public static let heading = Style(.heading)
  public static let border = Style(.border)
  public static let focus = Style(.focus)
  public static let ok = Style(.ok)
  public static let error = Style(.error)
  public static let warning = Style(.warning)
  public static let running = Style(.running)
  public static let queued = Style(.queued)
  public static let key = Style(.key)
  public static let entry = Style(.entry)
}

/// Whether the screen may use colour.
public enum ColorMode: Sendable { case color, mono }

/// How a style looks on a terminal.
public struct Appearance: Hashable, Sendable {
  /// The eight colours every colour terminal has, in their terminfo order.
  public enum Color: Int16, Sendable { case red = 1, green, yellow, blue, magenta, cyan }

  public var color: Color?
  public var bold = false
  public var dim = false
  public var underline = false
  public var reverse = false
}

extension Style {
  /// Without colour only bold, underline and reverse are used: grey counts as a colour under NO_COLOR.
  public func appearance(in mode: ColorMode) -> Appearance {
    var look = Appearance()
    switch role {
    case .plain: break
    case .dim: look.dim = mode == .color
    case .title: look.bold = true
    case .heading: if mode == .color { look.color = .cyan } else { look.underline = true }
    case .border: look.dim = mode == .color
    case .focus: if mode == .color { look.color = .cyan } else { look.bold = true }
    case .ok: if mode == .color { look.color = .green }
    case .error:
      look.bold = true
      if mode == .color { look.color = .red }
    case .warning:
      look.bold = true
      if mode == .color { look.color = .yellow }
    case .running:
      look.bold = mode == .mono
      if mode == .color { look.color = .cyan }
    case .queued: if mode == .color { look.color = .blue }
    case .key: look.bold = true
    case .entry: look.underline = true
    }
    if isSelected {
      look.reverse = true
      // Dim on reverse is unreadable on many terminals.
      look.dim = false
    }
    return look
  }
}
