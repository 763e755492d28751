import Platform
import Words

/// Why a pilot failed, which RADICAL-Pilot tells nobody: what its agent, or what started that, complained of last.
enum PilotFailure {
  private static let longest = 4096

  /// - Parameter directory: of the pilot.
  /// - Returns: `nil` when its files do not say.
  static func reason(in directory: String) -> String? {
    for path in ["agent_0.err", "bootstrap_0.err"].map({ "\(directory)/\($0)" }) {
      // Of a traceback the last line says what was wrong.
      let words = PrintedText.lastLine(of: Array(endOfFile(path, longest)), isCut: true)
      if !words.isEmpty { return "\(words) (\(path))" }
    }
    return nil
  }
}
