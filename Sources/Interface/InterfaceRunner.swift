@preconcurrency import Dispatch
import SessionModel
import Terminal
import Work

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The interactive screen of one session.
///
/// `run()` makes the calling thread the UI thread; updates of the source come in from any thread.
public final class InterfaceRunner: Sendable {
  private let source: any SessionSource
  private let options: InterfaceOptions
  private let thread: ScreenThread<InterfaceState>

  public init(source: any SessionSource, options: InterfaceOptions = InterfaceOptions()) throws(TerminalError) {
    self.source = source
    self.options = options
    thread = try ScreenThread()
  }

  /// Makes ``run()`` return `.left` soon, from any thread.
  public func stop() { thread.stop() }

  private static func keep(_ text: String, named name: String) -> (said: String, isWarning: Bool) {
    do { return ("the screen is in \(try ScreenFile.write(text, named: name))", false) } catch {
      return ("\(error)", true)
    }
  }

  /// Shows the session until the person leaves, the session closed and was dismissed, or the terminal is gone.
  ///
  /// The source is opened only when the screen could be; when it could not, nothing has happened.
  public func run() throws(TerminalError) -> InterfaceOutcome {
    let screen = try Screen(options: options.screen)
    defer { screen.close() }

    // Commands go out in order, and a slow link never holds up the screen. They have a thread of their own: nothing else
    // that this process waits for, as a file system that hangs, can hold them up.
    let commands = DispatchQueue(label: "commands")
    let source = source
    // A file system that hangs holds up no command.
    let files = DispatchQueue(label: "screen files")

    let (orders, plays) = AsyncStream.makeStream(of: PlayOrder.self)
    defer { plays.finish() }
    Task.detached { for await order in orders { source.play(order) } }

    var state = InterfaceState(
      isReadOnly: options.isReadOnly || source.isReadOnly, isOwned: source.isOwned,
      exitWhenDone: options.exitWhenDone, isASCII: screen.isASCII, zone: .local,
      keeper: source.keeper, program: source.program, keys: ActionTable(options.keys), columns: options.listColumns,
      hasMouse: options.screen.hasMouse, now: .now)
    if let substitute = screen.substitute {
      state.say("this machine does not know your terminal (TERM): drawn as for \(substitute)", isWarning: true)
    }
    let ended = thread.run(
      on: screen, from: state, refresh: options.refresh,
      onShown: {
        let deliver: @Sendable (SessionUpdate) -> Void = { [weak thread] in thread?.post(.session($0)) }
        Task.detached { source.open(deliver) }
      },
      onStop: { source.suspend() }, onContinued: { source.resume() },
      perform: { [thread] effect in
        switch effect {
        case .send(let command, let reason): commands.async { source.send(command, reason: reason) }
        case .play(let order): plays.yield(order)
        case .read(let request):
          source.read(request) { [weak thread] in thread?.post(.output(request.output, $0)) }
        case .measure(let tasks): source.measure(tasks) { [weak thread] in thread?.post(.use($0)) }
        case .keep(let text, let name):
          files.async { [weak thread] in
            let (said, isWarning) = Self.keep(text, named: name)
            thread?.post(.said(said, isWarning: isWarning))
          }
        case .redraw, .leave, .show, .copy: break
        }
      })
    return switch ended {
    case .outcome(let outcome): outcome
    case .stopped: .left
    case .terminalGone: .terminalGone
    }
  }
}

/// Draws a frame on no terminal, for whoever has to wait for something else first: what a first frame costs is paid then.
public func prepareInterface() {
  var state = InterfaceState(zone: .local, now: .now)
  _ = state.settle(size: state.size, at: state.now)
  withExtendedLifetime(state.view()) {}
}

/// Shows a session on this terminal until the person leaves, it closed and was dismissed, or the terminal is gone.
public func runInterface(
  source: any SessionSource, options: InterfaceOptions = InterfaceOptions()
) throws(TerminalError) -> InterfaceOutcome {
  try InterfaceRunner(source: source, options: options).run()
}
