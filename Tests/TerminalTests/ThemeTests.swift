import Glibc
import Terminal
import Testing

@Suite struct ThemeTests {
  /// The colours that a terminal of 256 has fixed.
  private static func rgb(_ number: Int16) -> [Double] {
    if number >= 232 { return Array(repeating: Double(8 + 10 * (Int(number) - 232)), count: 3) }
    let steps = [0.0, 95, 135, 175, 215, 255]
    let index = Int(number) - 16
    return [steps[index / 36], steps[index / 6 % 6], steps[index % 6]]
  }

  /// As the WCAG defines it: 4.5 is what small text needs, 3 what bold text needs.
  private static func contrast(_ a: [Double], _ b: [Double]) -> Double {
    func luminance(_ color: [Double]) -> Double {
      let parts = color.map { $0 / 255 }.map { $0 <= 0.03928 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    let (x, y) = (luminance(a), luminance(b))
    return (max(x, y) + 0.05) / (min(x, y) + 0.05)
  }

  private static let white = [255.0, 255, 255]
  private static let black = [0.0, 0, 0]

  @Test(arguments: Theme.allCases) func `a warning can be read on white and on black`(_ theme: Theme) throws {
    let look = Style.warning.appearance(in: theme)
    guard let color = look.color else { return #expect(look.bold) }
    if let ground = look.background {
      // Black is the terminal's own.
      let number = color.number(isRich: true)
      #expect(Self.contrast(number == 0 ? Self.black : Self.rgb(number), Self.rgb(ground.number(isRich: true))) >= 7)
      return
    }
    let number = color.number(isRich: true)
    #expect(number > 15, "what the terminal makes of its own colours nobody knows")
    #expect(Self.contrast(Self.rgb(number), Self.white) >= 3)
    if theme != .light { #expect(Self.contrast(Self.rgb(number), Self.black) >= 3) }
  }

  @Test(arguments: Style.Role.allCases) func `the light theme can be read on white`(_ role: Style.Role) throws {
    let look = Style(role).appearance(in: .light)
    #expect(!look.dim, "nobody knows what that is on white")
    guard let color = look.color else { return }
    #expect(Self.contrast(Self.rgb(color.number(isRich: true)), Self.white) >= 4.5, "\(color)")
  }

  @Test func `without red and green nothing looks like something else`() {
    let states: [Style] = [.ok, .error, .warning, .running]
    #expect(Set(states.map { $0.appearance(in: .colorBlind) }).count == states.count)
    for style in states {
      let color = style.appearance(in: .colorBlind).color
      #expect(color != .red && color != .green)
    }
  }

  @Test func `high contrast has nothing faint, and mono no colour`() {
    for role in Style.Role.allCases {
      #expect(!Style(role).appearance(in: .highContrast).dim)
      let mono = Style(role).appearance(in: .mono)
      #expect(mono.color == nil && mono.background == nil && !mono.dim)
    }
  }

  @Test func `a theme is found by its name, in either spelling`() {
    #expect(Theme(word: "color-blind") == .colorBlind && Theme(word: "Light") == .light && Theme(word: "dark") == nil)
    for theme in Theme.allCases { #expect(Theme(word: theme.rawValue) == theme) }
  }
}
