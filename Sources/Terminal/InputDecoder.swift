/// Makes events of the bytes that a terminal sends: every sequence is one event, or nothing, and never several keys.
///
/// A state machine with a grammar and a clock, and a value, so that it is tested without a terminal. ncurses cannot do
/// this: it knows the sequences of its terminal description, hands on the rest as characters, and in them `D` drains
/// a session. What terminals send, and how lines cut it, was recorded: `Documentation/Facts.md`.
///
/// ``feed(_:at:)`` takes one read of the terminal: where a read ends carries meaning. ``tick(at:)`` is to be called when
/// ``deadline`` has passed and nothing more can be read, so that a slow program never cuts a sequence.
public struct InputDecoder: Sendable {
  public typealias Instant = ContinuousClock.Instant

  /// How long to wait for the rest of a sequence, since its last byte.
  public struct Times: Sendable {
    /// After ESC, which may be the key.
    public var escape = Duration.milliseconds(100)
    /// After ESC and one byte, which may be Alt with a key.
    public var alt = Duration.milliseconds(300)
    /// Of a fragment that nobody types.
    public var rest = Duration.seconds(1)
    public var paste = Duration.seconds(2)
    /// How long after an Escape by time-out its sequence may still arrive.
    public var late = Duration.seconds(1)
    /// How long the rest of a paste that was given up may come.
    public var strayPaste = Duration.seconds(10)

    /// - Parameter escape: `nil` is 100 ms.
    public init(escape: Duration? = nil) {
      if let escape { self.escape = escape }
    }
  }

  private enum State: Sendable {
    case ground
    case character(UTF8Sequence)
    /// ESC, once or twice.
    case escape(isDouble: Bool)
    /// ESC O: one byte follows, perhaps after digits.
    case single(Sequence)
    /// ESC [.
    case control(Sequence)
    /// ESC [ [: one byte follows, on the Linux console.
    case console
    /// ESC [ and M, t or T: bytes of any value follow.
    case mouse(MouseBytes)
    /// ESC ], P or _: a string that ends in BEL or ESC \.
    case string(TerminalString)
    case paste(PasteBuffer)
  }

  /// The bytes between an introducer and the end of its sequence.
  private struct Sequence: Sendable {
    var bytes: [UInt8] = []
    var isAlt = false
    /// What is longer is swallowed up to its end.
    mutating func append(_ byte: UInt8) { if bytes.count < 256 { bytes.append(byte) } }
    var isTooLong: Bool { bytes.count >= 256 }
  }

  private var state = State.ground
  private let times: Times
  private let extra: [[UInt8]: InputEvent]
  private let readsMouse: Bool
  private var last = Instant.now
  /// When an ESC was told as Escape for want of more bytes.
  private var escapeTold: Instant?
  /// Whether what is unfinished now began with a byte that may have been typed: its ESC was told before.
  private var isLate = false
  /// Until when long reads belong to a paste that was given up.
  private var strayUntil: Instant?
  /// Small reads in a row, far apart, inside something unfinished: somebody types at a terminal that forgot its end.
  private var handReads = 0

  /// - Parameters:
  ///   - extra: sequences that the terminal's description has beside the usual ones, from ESC on.
  ///   - readsMouse: whether the terminal was asked for reports of the mouse (mode 1006). Those that nobody asked for, and
  ///     those of all other modes, mean nothing.
  public init(times: Times = Times(), extra: [[UInt8]: InputEvent] = [:], readsMouse: Bool = false) {
    self.readsMouse = readsMouse
    self.times = times
    self.extra = extra
  }

  // MARK: Time

  /// When ``tick(at:)`` is due; `nil` when nothing is unfinished.
  public var deadline: Instant? { patience.map { last + $0 } }

  private var patience: Duration? {
    switch state {
    case .ground: nil
    case .character(let text): text.isAlt ? times.alt : times.escape
    case .escape: times.escape
    case .single(let sequence), .control(let sequence): sequence.bytes.isEmpty ? times.alt : times.rest
    case .console: times.rest
    case .mouse: times.alt
    case .string(let string): string.isEmpty ? times.alt : times.rest
    case .paste: times.paste
    }
  }

  /// Ends what is unfinished when its time has come and nothing more could be read.
  public mutating func tick(at now: Instant) -> [InputEvent] {
    guard let deadline, now >= deadline else { return [] }
    return giveUp(at: now)
  }

  private mutating func giveUp(at now: Instant) -> [InputEvent] {
    let unfinished = state
    state = .ground
    defer { isLate = false }
    switch unfinished {
    case .ground: return []
    case .escape(let isDouble):
      escapeTold = last
      return isDouble ? [.escape, .escape] : [.escape]
    case .paste(let paste):
      handReads = 0
      strayUntil = now + times.strayPaste
      return [.paste(paste.text)]
    case .single(let sequence) where sequence.bytes.isEmpty: return [bare("O")]
    case .control(let sequence) where sequence.bytes.isEmpty: return [bare("[")]
    case .string(let string) where string.isEmpty: return [bare(string.kind.character)]
    case .character, .single, .control, .console, .mouse, .string: return [.unknown]
    }
  }

  /// An introducer behind which nothing came. Behind an Escape that was told it may have been typed; yet `[` is mostly
  /// the second byte of an arrow on a slow line.
  private func bare(_ character: Character) -> InputEvent {
    isLate ? (character == "[" ? .unknown : .character(character)) : .alt(character)
  }

  /// What looks like a hand and not like the line, where nothing but a pause or an end would be heard: so many reads in a
  /// row, of so few bytes, so far apart. Answers of terminals come in one piece; the fragments of a key may not.
  private var handPace: (reads: Int, bytes: Int, gap: Duration)? {
    switch state {
    case .paste: (3, 8, .milliseconds(50))
    case .string: (2, 1, .milliseconds(100))
    case .control, .single: (9, 1, .milliseconds(100))
    case .ground, .character, .escape, .console, .mouse: nil
    }
  }

  // MARK: Bytes

  /// Takes what one read returned.
  public mutating func feed(_ bytes: [UInt8], at now: Instant) -> [InputEvent] {
    guard !bytes.isEmpty else { return [] }
    var events: [InputEvent] = []
    if let hand = handPace, bytes.count <= hand.bytes, now - last >= hand.gap {
      handReads += 1
      if handReads >= hand.reads { events = giveUp(at: now) }
    } else {
      handReads = 0
    }
    if case .ground = state, let strayUntil, now < strayUntil, bytes.count > 16 { state = .paste(PasteBuffer()) }
    if case .ground = state, let told = escapeTold, now - told < times.late, LateTail.begins(bytes) {
      state = .escape(isDouble: false)
      isLate = bytes.count == 1
    }
    escapeTold = nil
    last = now
    var rest = bytes[...]
    while !rest.isEmpty {
      if case .paste = state { paste(&rest, &events) } else { take(&rest, &events) }
    }
    return events
  }

  private mutating func paste(_ rest: inout ArraySlice<UInt8>, _ events: inout [InputEvent]) {
    guard case .paste(var paste) = state else { return }
    // Nothing may be copied here but what is new.
    state = .ground
    let end = paste.take(rest)
    guard let end else {
      rest = []
      state = .paste(paste)
      return
    }
    strayUntil = nil
    events.append(.paste(paste.text))
    // Behind the end in the same read comes what a hostile clipboard holds, never a key.
    if end < rest.endIndex { events.append(.unknown) }
    rest = []
  }

  /// Takes the first byte, or leaves it there when it only ended something.
  private mutating func take(_ rest: inout ArraySlice<UInt8>, _ events: inout [InputEvent]) {
    guard let byte = rest.first else { return }
    func next() { rest = rest.dropFirst() }
    func end(_ event: InputEvent?) {
      state = .ground
      isLate = false
      if let event { events.append(event) }
    }
    switch state {
    case .paste: return
    case .ground:
      next()
      if byte == 0x1B {
        state = .escape(isDouble: false)
      } else if let introducer = ControlByte.introducer(ofC1: byte) {
        introduce(introducer, isAlt: false)
      } else if byte >= 0x80 {
        if let text = UTF8Sequence(byte, isAlt: false) { state = .character(text) } else { end(.unknown) }
      } else {
        events.append(Self.plain(byte))
      }

    case .escape(let isDouble):
      switch byte {
      case 0x1B:
        next()
        if isDouble { events.append(.escape) }
        state = .escape(isDouble: true)
      case UInt8(ascii: "["), UInt8(ascii: "O"):
        next()
        introduce(byte, isAlt: isDouble)
      case _ where isDouble:
        // Alt with Esc, then this.
        events.append(.escape)
        state = .escape(isDouble: false)
      case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"):
        next()
        introduce(byte, isAlt: false)
      case 0x80...:
        next()
        if let text = UTF8Sequence(byte, isAlt: true) { state = .character(text) } else { end(.unknown) }
      default:
        next()
        // No terminal sends the strings and shifts of ESC X, ^, N: these are Alt with a key.
        end(Self.alt(byte))
      }

    case .character(var text):
      guard 0x80..<0xC0 ~= byte else { return end(.unknown) }
      next()
      guard let scalar = text.append(byte) else {
        if text.isBroken { end(.unknown) } else { state = .character(text) }
        return
      }
      if scalar.value < 0xA0 {
        if let introducer = ControlByte.introducer(ofC1: UInt8(truncatingIfNeeded: scalar.value)) {
          introduce(introducer, isAlt: false)
        } else {
          end(.unknown)
        }
      } else {
        end(text.isAlt ? .alt(Character(scalar)) : .character(Character(scalar)))
      }

    case .single(var sequence):
      guard 0x20..<0x7F ~= byte else { return end(sequence.bytes.isEmpty ? bare("O") : .unknown) }
      next()
      if 0x30...0x3B ~= byte {
        sequence.append(byte)
        state = .single(sequence)
      } else {
        end(sequence.bytes.isEmpty && !sequence.isAlt ? ControlSequence.single(byte) : .unknown)
      }

    case .console:
      guard 0x20..<0x7F ~= byte else { return end(.unknown) }
      next()
      end(0x41...0x45 ~= byte ? .function(Int(byte) - 0x40) : .unknown)

    case .control(var sequence):
      guard 0x20..<0x7F ~= byte else { return end(sequence.bytes.isEmpty ? bare("[") : .unknown) }
      next()
      if sequence.bytes.isEmpty, let mouse = MouseBytes(byte) {
        state = .mouse(mouse)
      } else if sequence.bytes.isEmpty, byte == UInt8(ascii: "[") {
        state = .console
      } else if byte >= 0x40 || byte == UInt8(ascii: "$") && ControlByte.areDigits(sequence.bytes) {
        let isPaste = byte == UInt8(ascii: "~") && sequence.bytes.elementsEqual("200".utf8)
        end(isPaste ? nil : event(of: sequence, byte))
        if isPaste { state = .paste(PasteBuffer()) }
      } else {
        sequence.append(byte)
        state = .control(sequence)
      }

    case .mouse(var mouse):
      switch mouse.take(byte) {
      case .more:
        next()
        state = .mouse(mouse)
      case .end:
        next()
        end(.unknown)
      case .endBefore: end(.unknown)
      }

    case .string(var string):
      switch string.take(byte) {
      case .more:
        next()
        state = .string(string)
      case .end:
        next()
        end(.unknown)
      case .neverBegan: end(bare(string.kind.character))
      case .cutOff: end(.unknown)
      case .newSequence:
        events.append(.unknown)
        state = .escape(isDouble: false)
      }
    }
  }

  private mutating func introduce(_ introducer: UInt8, isAlt: Bool) {
    switch introducer {
    case UInt8(ascii: "["): state = .control(Sequence(isAlt: isAlt))
    case UInt8(ascii: "O"): state = .single(Sequence(isAlt: isAlt))
    default: state = TerminalString.Kind(rawValue: introducer).map { .string(TerminalString($0)) } ?? .ground
    }
  }

  private func event(of sequence: Sequence, _ final: UInt8) -> InputEvent {
    if sequence.isTooLong || sequence.isAlt { return .unknown }
    if readsMouse, let mouse = MouseEvent(parameters: sequence.bytes, final: final) { return .mouse(mouse) }
    let whole = [0x1B, UInt8(ascii: "[")] + sequence.bytes + [final]
    return extra[whole] ?? ControlSequence.event(parameters: sequence.bytes, final)
  }

  // MARK: Single bytes

  private static func plain(_ byte: UInt8) -> InputEvent {
    switch byte {
    case 9: .tab
    case 10, 13: .enter
    case 8, 127: .backspace
    case 1...26: .control(Character(Unicode.Scalar(byte + 96)))
    case 0..<0x20: .unknown
    default: .character(Character(Unicode.Scalar(byte)))
    }
  }

  private static func alt(_ byte: UInt8) -> InputEvent {
    // The Linux console sends Shift-Tab so.
    if byte == 9 { return .backTab }
    return byte < 0x20 || byte == 0x7F ? .unknown : .alt(Character(Unicode.Scalar(byte)))
  }
}
