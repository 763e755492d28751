import Executor
import Glibc
import Leftovers
import Platform
import RadicalEngine
import Work

extension Check {
  private static let setup = "make one with 'scalems-top setup-radical'"

  /// What sessions of RADICAL-Pilot need, on top.
  static let radical = [
    Check("venv") { context in
      guard let venv = context.venv else { return nil }
      guard let python = context.probe?.python else {
        let words = context.probe?.problem ?? "\(venv.python) does not run"
        return .fail(words, "Name another virtual environment with --venv, or \(setup).")
      }
      let words = "\(venv.path), Python \(dotted(python))"
      guard python >= SystemPython.oldest else {
        return .fail(words, "RADICAL-Pilot needs 3.8 or newer: \(setup).")
      }
      return .ok(words)
    },
    Check("environment") { context in
      guard let venv = context.venv else { return nil }
      if let problem = UserEnvironment.problem(venv: venv.path) {
        return .fail(problem, "A session would be refused with this sentence.")
      }
      let kept = UserEnvironment.keptFromHelper
      guard !kept.isEmpty else { return .ok("RADICAL-Pilot's scripts can carry all variables") }
      let names = kept.prefix(8).joined(separator: ", ") + (kept.count > 8 ? ", …" : "")
      return .ok("tasks get all variables; RADICAL-Pilot itself does not get \(names)")
    },
    Check("radical.pilot", checkVersion),
    Check("venv programs", checkPrograms),
    Check("sandbox") { context in
      guard context.venv != nil else { return nil }
      let directory = homeDirectory() + "/radical.pilot.sandbox"
      return writable(directory) ?? space(directory, needed: 1 << 30)
    },
    Check("resources") { context in
      guard let probe = context.probe, probe.pilot != nil else { return nil }
      guard let resources = probe.resources else {
        return .fail(
          probe.problem ?? "they cannot be read",
          "A session would fail alike: mend the files in ~/.radical/pilot/configs (or RADICAL_CONFIG_USER_DIR).")
      }
      return .ok("\(resources.count) known")
    },
    Check("resource", checkResource),
    Check("batch system", checkBatchSystem),
    Check("slurm", checkSlurm),
  ]

  @Sendable private static func checkVersion(_ context: CheckContext) -> Finding? {
    guard let probe = context.probe, probe.python != nil else { return nil }
    guard let pilot = probe.pilot else {
      let words = "cannot be imported: \(probe.problem ?? "no reason given")"
      return .fail(words, "Name a virtual environment with RADICAL-Pilot with --venv, or \(setup).")
    }
    let version = probe.pilotVersion
    guard version >= RadicalVenv.oldest else {
      return .fail(pilot, "\(dotted(RadicalVenv.oldest)) is the oldest that works: install \(RadicalVenv.pinned).")
    }
    guard version.starts(with: RadicalVenv.tested) else {
      return .warn(
        pilot, "Not tested: \(dotted(RadicalVenv.tested)) is; install \(RadicalVenv.pinned) if it misbehaves.")
    }
    return .ok(pilot)
  }

  @Sendable private static func checkPrograms(_ context: CheckContext) -> Finding? {
    guard let venv = context.venv, context.probe?.pilot != nil else { return nil }
    guard access(venv.activate, R_OK) == 0 else {
      return .fail(
        "\(venv.activate) is missing",
        "RADICAL-Pilot's agent activates the environment with it (conda has none): \(setup).")
    }
    guard access(venv.bridge, X_OK) == 0 else {
      return .fail(
        "\(venv.bridge) is missing", "Install radical.pilot into this environment with its pip, or \(setup).")
    }
    if let interpreter = venv.interpreter(of: venv.bridge), access(interpreter, X_OK) != 0 {
      return .fail(
        "\(venv.bridge) wants \(interpreter), which is gone",
        "A virtual environment cannot be moved or copied: \(setup).")
    }
    return .ok("activate, radical-pilot-bridge")
  }

  @Sendable private static func checkResource(_ context: CheckContext) -> Finding? {
    guard let name = context.resource, let resources = context.probe?.resources else { return nil }
    guard let resource = resources[name] else {
      let site = name.prefix { $0 != "." } + "."
      let ofSite = resources.keys.filter { $0.hasPrefix(site) }.sorted().prefix(6).joined(separator: ", ")
      let advice =
        if let nearest = nearest(to: name, in: resources.keys.sorted()) {
          "Did you mean \(nearest)? Resources of your own belong in ~/.radical/pilot/configs."
        } else if !ofSite.isEmpty {
          "Known there are \(ofSite)."
        } else { "'radical-pilot-resources' in the environment lists those that are." }
      return .fail("'\(name)' is not known", advice)
    }
    let schemas = resource.schemas.keys.sorted().map { $0 == resource.usual ? "\($0) (used)" : $0 }
    return .ok("\(name), \(resource.manager), schemas \(schemas.joined(separator: ", "))")
  }
}
