import SessionModel
import Synchronization
import Terminal

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The interactive screen of one session.
///
/// `run()` makes the calling thread the UI thread: it alone touches the terminal, and it does no other I/O. Updates of
/// the source come in from any thread through a mailbox that wakes the UI thread once a frame.
public final class InterfaceRunner: Sendable {
  private struct Mailbox {
    var messages: [Message] = []
    var isStopped = false
  }

  private let source: any SessionSource
  private let options: InterfaceOptions
  private let loop: UILoop
  private let mailbox = Mutex(Mailbox())
  /// Bytes read from the end of a task's output.
  private static let outputLimit = 65536

  public init(source: any SessionSource, options: InterfaceOptions = InterfaceOptions()) throws(TerminalError) {
    self.source = source
    self.options = options
    loop = try UILoop()
  }

  /// Makes ``run()`` return `.left` soon, from any thread.
  public func stop() {
    mailbox.withLock { $0.isStopped = true }
    loop.wake()
  }

  /// Shows the session until the person leaves, the session closed and was dismissed, or the terminal is gone.
  ///
  /// The source is opened only when the screen could be; when it could not, nothing has happened.
  public func run() throws(TerminalError) -> InterfaceOutcome {
    let screen = try Screen(options: options.screen)
    defer { screen.close() }
    loop.watchSignals()
    defer { loop.unwatchSignals() }

    // Commands go out in order, and a slow link never holds up the screen.
    let (commands, sender) = AsyncStream.makeStream(of: (OperatorCommand, String?).self)
    defer { sender.finish() }
    let source = source
    Task.detached { for await (command, reason) in commands { source.send(command, reason: reason) } }

    let state = InterfaceState(
      isReadOnly: options.isReadOnly || source.isReadOnly, isOwned: source.isOwned,
      exitWhenDone: options.exitWhenDone, isASCII: screen.isASCII, utcOffset: Self.utcOffset(), now: .now)
    let frames = FrameLoop(state: state, canvas: screen) { [weak self] effect in
      switch effect {
      case .send(let command, let reason): sender.yield((command, reason))
      case .readOutput(let task, let stream): self?.read(task, stream)
      case .redraw: screen.invalidate()
      case .leave: break
      }
    }
    // The first frame comes before the source is opened: what that takes, a person sees a screen.
    _ = frames.step(at: .now)
    frames.forgetLastFrame()
    let deliver: @Sendable (SessionUpdate) -> Void = { [weak self] in self?.post(.session($0)) }
    Task.detached { source.open(deliver) }
    return serve(frames, screen)
  }

  private func serve(_ frames: FrameLoop, _ screen: Screen) -> InterfaceOutcome {
    var isAway = false
    var hasMail = false
    while true {
      if isAway {
        switch screen.ownership {
        case .ours:
          isAway = false
          screen.reenter()
          frames.setNeedsFrame()
        case .anotherJobs: break
        // A hang-up continues stopped jobs, so it looks like a return to the foreground at first.
        case .gone: return .terminalGone
        }
      }
      // In the background the terminal belongs to another program: drawing would stop this process.
      var timeout = isAway ? 1000 : frames.step(at: .now) ?? -1
      if let outcome = frames.outcome { return outcome }
      if hasMail {
        let wait = frames.untilDue(at: .now)
        timeout = timeout < 0 ? wait : min(timeout, wait)
      }
      let happened = loop.wait(milliseconds: Int32(clamping: timeout), readsInput: !isAway)
      if happened.contains(.suspended), !isAway {
        screen.leave()
        loop.stopProcess()
        isAway = true
        continue
      }
      if happened.contains(.continued), !isAway {
        isAway = true
        continue
      }
      if happened.contains(.resized), !isAway {
        screen.resize()
        frames.take([.input(.resize)], at: .now)
      }
      // What was typed is answered with the state a person saw, so it comes before what is new.
      if happened.contains(.input) {
        while let input = screen.nextInput() { frames.take([.input(input)], at: .now) }
      }
      if mailbox.withLock({ $0.isStopped }) { return .left }
      // Mail waits for the next frame: as long as it lies there, no other thread needs to wake this one.
      hasMail = hasMail || happened.contains(.woken)
      if hasMail, frames.untilDue(at: .now) == 0 {
        hasMail = false
        frames.take(collect(), at: .now)
      }
      if let outcome = frames.outcome { return outcome }
      if happened.contains(.hangup) { return .terminalGone }
    }
  }

  private func collect() -> [Message] {
    mailbox.withLock { box in
      defer { box.messages = [] }
      return box.messages
    }
  }

  private func post(_ message: Message) {
    let isFirst = mailbox.withLock { box in
      defer { box.messages.append(message) }
      return box.messages.isEmpty
    }
    if isFirst { loop.wake() }
  }

  private func read(_ task: TaskID, _ stream: OutputStream) {
    let source = source
    Task.detached { [weak self] in
      let tail = await source.output(of: task, stream: stream, limit: Self.outputLimit)
      self?.post(.output(task, stream, tail))
    }
  }

  private static func utcOffset() -> Int {
    var now = time(nil)
    var local = tm()
    localtime_r(&now, &local)
    return local.tm_gmtoff
  }
}

/// Shows a session on this terminal until the person leaves, it closed and was dismissed, or the terminal is gone.
public func runInterface(
  source: any SessionSource, options: InterfaceOptions = InterfaceOptions()
) throws(TerminalError) -> InterfaceOutcome {
  try InterfaceRunner(source: source, options: options).run()
}
