import Executor
import LocalEngine
import Platform
import RadicalEngine
import Work

/// An engine as the command line offers it.
struct EngineChoice: Sendable {
  var kind: EngineKind
  var make: @Sendable (HeldDirectory) -> any PilotEngine
  /// Cores of a pilot on a target when nobody says how many; `nil` when only the target can tell.
  var defaultCores: @Sendable (_ resource: String, _ hasRaptor: Bool) -> Int?
  /// Whether the engine is to be told that number: it has none itself.
  var isToldCores: Bool
  /// Why one of the items can never be started, as far as this machine knows it before.
  var launchFault: @Sendable (_ resource: String, [WorkItem]) async -> String?
}

/// The engines of this program: another one is one entry here.
enum Engines {
  static let all = [
    EngineChoice(
      kind: .local, make: { LocalEngine(directory: $0) }, defaultCores: { allCores(hasRaptor: $1) }, isToldCores: false,
      launchFault: { await LaunchCheck.fault(of: $1) }),
    EngineChoice(
      kind: .radical, make: { RadicalEngine(directory: $0) },
      defaultCores: { $0.hasPrefix("local.") ? allCores(hasRaptor: $1) : nil }, isToldCores: true,
      launchFault: { await RadicalLaunch.fault(of: $1, on: $0) }),
  ]

  static var kinds: [EngineKind] { all.map(\.kind) }
  static var names: [String] { kinds.map(\.name) }

  /// The engine of a name; the first one when there is none.
  static func named(_ name: String?) -> EngineChoice? {
    name == nil ? all.first : all.first { $0.kind.name == name }
  }

  /// - Parameter directory: of the session.
  static func make(_ kind: EngineKind, in directory: HeldDirectory) -> any PilotEngine {
    named(kind.name)?.make(directory) ?? LocalEngine(directory: directory)
  }

  private static func allCores(hasRaptor: Bool) -> Int {
    PilotSize.all(of: LocalEngine.availableCores, hasRaptor: hasRaptor)
  }
}
