import ArgumentParser
import Interface
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import SystemPackage
import Terminal
import Words

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Show the recording of a session, which may have closed or crashed, on a time line.",
    discussion: """
      Space plays and pauses, the arrow keys move in time, [ and ] change the speed; '?' shows all keys. Of a session of \
      RADICAL-Pilot that another program opened its files are the recording; name it by its directory, or by its id. Any file may be named that is a journal.

      scalems-top replay ID --speed 10
      scalems-top replay scalems-sessions/ID/journal.jsonl
      """)

  @OptionGroup var session: SessionArgument

  @Option(parsing: .unconditional, help: ArgumentHelp("Recorded seconds a second; 0 starts paused.", valueName: "n"))
  var speed = 1.0

  @OptionGroup
  var screen: ScreenFlags

  func validate() throws {
    guard speed >= 0, speed <= 1e6 else {
      throw ValidationError("--speed is a number from 0 to 1000000, not \(Format.plain(speed))")
    }
  }

  func run() throws {
    do { try Screen.checkTerminal() } catch {
      throw UsageError(description: "scalems-top: \(error); 'scalems-top events' needs no screen")
    }
    let options = try screen.options(isReadOnly: true)
    // Any file may be a journal, whatever its name.
    let path = try absolutePath(FilePath(session.session ?? "."))
    let shown = !session.latest && isFile(path) ? nil : try session.choose().session
    do {
      let source =
        switch shown {
        case nil: try ReplaySource(journal: path, speed: speed)
        case .ours(let found)?: try ReplaySource(journal: found.directory.journal, speed: speed)
        case .radical(let found)?: try found.replay(speed: speed)
        }
      _ = try runInterface(source: screen.shown(source), options: options)
    } catch let problem as SessionDirectory.DirectoryError {
      throw UsageError(description: "\(problem)")
    } catch {
      complain("scalems-top: \(error)")
      throw ExitStatus(code: 2)
    }
  }
}
