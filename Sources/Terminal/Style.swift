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
