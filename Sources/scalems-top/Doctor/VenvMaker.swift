import FoundationEssentials
import Glibc
import Platform
import Synchronization

/// Makes a virtual environment with RADICAL-Pilot, all of it or nothing.
struct VenvMaker: Sendable {
  enum Outcome: Equatable, Sendable {
    case made
    /// The right one was there.
    case isThere
    /// Something else is in the way; nothing was touched.
    case refused(String)
    /// It could not be made; what there was of it is removed.
    case failed(String)
  }

  let venv: RadicalVenv

  func run() async -> Outcome {
    if venv.exists { return await look() }
    guard let python = await SystemPython.find() else {
      return .failed("there is no python3 in PATH: install Python 3.8 or newer")
    }
    guard python.version >= SystemPython.oldest else {
      return .failed(
        "RADICAL-Pilot needs Python 3.8 or newer and python3 is \(python.words): put a newer one first in PATH")
    }
    guard python.hasVenv else {
      return .failed(
        "\(python.program) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)"
      )
    }
    // Made here, so that what is removed later is ours for certain.
    do { try makeDirectory() } catch { return .failed("\(venv.path) cannot be made: \(error)") }
    let outcome = await fill(python)
    if case .failed = outcome { try? FileManager.default.removeItem(atPath: venv.path) }
    return outcome
  }

  /// What is in the way.
  private func look() async -> Outcome {
    guard access(venv.python, X_OK) == 0 else {
      return .refused("\(venv.path) is there and no virtual environment: name another directory, or remove it")
    }
    let probe = await RadicalProbe.run(venv)
    guard let pilot = probe.pilot else {
      return .refused(
        "\(venv.path) is there, without a RADICAL-Pilot that can be imported: name another directory, or remove it")
    }
    guard pilot == RadicalVenv.pinned else {
      return .refused(
        "\(venv.path) holds RADICAL-Pilot \(pilot), not \(RadicalVenv.pinned): name another directory, or remove it")
    }
    return .isThere
  }

  private func makeDirectory() throws(VenvError) {
    let above = venv.path.prefix(upTo: venv.path.lastIndex(of: "/") ?? venv.path.startIndex)
    try? FileManager.default.createDirectory(atPath: String(above), withIntermediateDirectories: true)
    guard mkdir(venv.path, 0o755) == 0 else { throw VenvError(description: errorText()) }
  }

  private func fill(_ python: SystemPython) async -> Outcome {
    put("Making a virtual environment with Python \(python.words)\n")
    do {
      try await step("venv", python.program, ["-m", "venv", venv.path], limit: .seconds(600))
      put("Installing radical.pilot \(RadicalVenv.pinned)\n")
      try await step(
        "pip", venv.python,
        [
          "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off",
          "radical.pilot==\(RadicalVenv.pinned)",
        ], limit: .seconds(3600))
    } catch { return .failed(error.description) }
    let probe = await RadicalProbe.run(venv)
    guard probe.pilot == RadicalVenv.pinned else {
      return .failed("it was installed and cannot be imported: \(probe.problem ?? "the version is another")")
    }
    return .made
  }

  private struct VenvError: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs one program, and shows what it says.
  private func step(
    _ name: String, _ program: String, _ arguments: [String], limit: Duration
  ) async throws(VenvError) {
    let progress = ProgressLines()
    let outcome = await ExternalCommand.run(program, arguments, limit: limit) { progress.receive($0) }
    guard let outcome else {
      throw VenvError(description: "\(name) was stopped: it did not end in \(limit.components.seconds) s")
    }
    guard outcome.status == 0 else {
      let said = (outcome.stdout + outcome.stderr).split(separator: "\n").suffix(15).joined(separator: "\n")
      throw VenvError(description: "\(name) failed (exit \(outcome.status)):\n\(said)")
    }
  }
}

/// Prints lines as they come, no longer than a terminal is wide.
private final class ProgressLines: Sendable {
  private let partial = Mutex<[UInt8]>([])

  func receive(_ bytes: ArraySlice<UInt8>) {
    partial.withLock { partial in
      partial.append(contentsOf: bytes)
      while let end = partial.firstIndex(of: 0x0a) {
        put("  \(String(decoding: partial[..<end], as: UTF8.self).prefix(76))\n")
        partial.removeFirst(end + 1)
      }
    }
  }
}
