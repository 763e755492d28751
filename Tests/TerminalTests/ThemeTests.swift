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

  /// The sixteen colours of a terminal, as its makers chose them.
  private struct Palette: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var colors: [[Double]]
    var grounds: [[Double]]

    static let xterm = Palette(
      testDescription: "xterm",
      colors: [
        [0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
        [127, 127, 127], [255, 0, 0], [0, 255, 0], [255, 255, 0], [92, 92, 255], [255, 0, 255], [0, 255, 255],
        [255, 255, 255],
      ], grounds: [black, white])
    /// The console of Linux, which has no white ground, and makes what is bold bright.
    static let console = Palette(
      testDescription: "console",
      colors: [
        [0, 0, 0], [170, 0, 0], [0, 170, 0], [170, 85, 0], [0, 0, 170], [170, 0, 170], [0, 170, 170], [170, 170, 170],
        [85, 85, 85], [255, 85, 85], [85, 255, 85], [255, 255, 85], [85, 85, 255], [255, 85, 255], [85, 255, 255],
        [255, 255, 255],
      ], grounds: [black])
  }

  /// What a colour may look like: bold is bright on some terminals, not on others.
  private static func inks(_ number: Int16, _ look: Appearance, _ palette: Palette) -> [[Double]] {
    if number > 15 { return [rgb(number)] }
    let bright = palette.colors[Int(number) | 8]
    if palette.grounds.count == 1 { return [look.bold ? bright : palette.colors[Int(number)]] }
    return look.bold ? [palette.colors[Int(number)], bright] : [palette.colors[Int(number)]]
  }

  @Test(arguments: Theme.allCases, [(8, Palette.xterm), (8, .console), (256, .xterm)])
  private func `all of a theme can be read on its grounds`(_ theme: Theme, _ terminal: (Int, Palette)) throws {
    let (colors, palette) = terminal
    // It is for white grounds, which that has not.
    if theme == .light, !palette.grounds.contains(Self.white) { return }
    for role in Style.Role.allCases {
      let look = Style(role).appearance(in: theme, isRich: colors == 256)
      guard let color = look.color else {
        #expect(look.background == nil)
        continue
      }
      let number = try #require(color.number(isRich: colors == 256), "\(role)")
      if colors == 256 { #expect(number > 15, "what a terminal makes of its own colours nobody knows") }
      var grounds = theme == .light ? [Self.white] : palette.grounds
      if let ground = look.background {
        let number = try #require(ground.number(isRich: colors == 256))
        grounds = [number > 15 ? Self.rgb(number) : palette.colors[Int(number)]]
      }
      for ink in Self.inks(number, look, palette) {
        for ground in grounds {
          #expect(Self.contrast(ink, ground) >= 3, "\(theme) \(role): \(ink) on \(ground) with \(colors) colours")
        }
      }
    }
  }

  @Test(arguments: Theme.allCases, [true, false])
  func `what went wrong is never as plain as the rest`(_ theme: Theme, _ isRich: Bool) {
    for style in [Style.error, .warning] {
      #expect(style.appearance(in: theme, isRich: isRich) != Style.plain.appearance(in: theme, isRich: isRich))
    }
    let (error, warning) = (Style.error, Style.warning)
    if theme != .mono {
      #expect(error.appearance(in: theme, isRich: isRich) != warning.appearance(in: theme, isRich: isRich))
    }
  }

  @Test(arguments: Style.Role.allCases) func `the light theme can be read on white`(_ role: Style.Role) throws {
    let look = Style(role).appearance(in: .light)
    #expect(!look.dim, "nobody knows what that is on white")
    guard let number = look.color?.number(isRich: true) else { return }
    #expect(Self.contrast(Self.rgb(number), Self.white) >= 4.5, "\(role)")
  }

  @Test func `without red and green nothing looks like something else`() {
    let states: [Style] = [.ok, .error, .warning, .running]
    #expect(Set(states.map { $0.appearance(in: .colorBlind) }).count == states.count)
    for style in states {
      let color = style.appearance(in: .colorBlind).color
      #expect(![.crimson, .leaf, .darkRed, .darkGreen].contains(color))
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
