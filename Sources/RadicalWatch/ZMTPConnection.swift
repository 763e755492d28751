import Glibc
import Platform

/// A connection that speaks ZeroMQ's protocol, ZMTP 3.0 with mechanism NULL over TCP: all that RADICAL-Pilot uses.
///
/// It announces minor version 0, so that a subscription is a message. It never connects again: ports are given to others.
/// One thread at a time uses it.
final class ZMTPConnection {
  enum Kind: String { case request = "REQ", subscriber = "SUB", publisher = "PUB" }

  /// What a wait came to.
  enum Received: Equatable {
    case message([UInt8])
    /// Nothing came in its time.
    case nothing
    /// The other end is gone, or speaks something else.
    case ended
  }

  let descriptor: Descriptor
  private var buffer: [UInt8] = []
  /// Bytes at the front of it that were taken.
  private var taken = 0
  /// What one read brings; kept, for there are some hundred a second.
  private var chunk = [UInt8](repeating: 0, count: ZMTPConnection.portion)
  /// No message of RADICAL-Pilot is longer: a bulk of a thousand tasks has some 6 MB.
  private static let longestFrame = 64 << 20
  private static let portion = 1 << 16
  private static let command: UInt8 = 4
  private static let long: UInt8 = 2
  private static let more: UInt8 = 1

  /// Connects and greets.
  ///
  /// - Parameters:
  ///   - address: `tcp://192.0.2.1:10000`; a number, no name: nothing is asked of a name server.
  ///   - limit: seconds for all of it.
  /// - Returns: `nil` when nobody answers there who speaks this.
  static func open(_ address: String, _ kind: Kind, limit: Double) -> ZMTPConnection? {
    let deadline = ContinuousClock.now + .seconds(limit)
    guard let descriptor = connect(address, until: deadline) else { return nil }
    let connection = ZMTPConnection(descriptor)
    return connection.greet(kind, until: deadline) ? connection : nil
  }

  /// - Parameter descriptor: a connected socket that does not wait.
  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  /// - Returns: whether the other end speaks this, too.
  func greet(_ kind: Kind, until deadline: ContinuousClock.Instant) -> Bool {
    var greeting = [UInt8](repeating: 0, count: 64)
    (greeting[0], greeting[8], greeting[9], greeting[10]) = (0xff, 1, 0x7f, 3)
    greeting.replaceSubrange(12..<16, with: "NULL".utf8)
    guard send(greeting), fill(64, until: deadline), buffer[0] == 0xff, buffer[10] >= 3,
      Array(buffer[12..<17]) == Array("NULL\0".utf8)
    else { return false }
    taken = 64
    var ready: [UInt8] = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0]
    ready += [UInt8(kind.rawValue.utf8.count)] + Array(kind.rawValue.utf8)
    guard sendFrame(ready, flags: Self.command), case (let flags, let body)? = frame(until: deadline) else {
      return false
    }
    return flags & Self.command != 0 && body.starts(with: [5] + Array("READY".utf8))
  }

  private static func connect(_ address: String, until deadline: ContinuousClock.Instant) -> Descriptor? {
    let prefix = "tcp://"
    guard address.hasPrefix(prefix), let colon = address.lastIndex(of: ":"),
      colon > address.index(address.startIndex, offsetBy: prefix.count)
    else { return nil }
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let host = String(address[address.index(address.startIndex, offsetBy: prefix.count)..<colon])
      .filter { $0 != "[" && $0 != "]" }
    guard getaddrinfo(host, String(address[address.index(after: colon)...]), &hints, &found) == 0, let found else {
      return nil
    }
    defer { freeaddrinfo(found) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = socket(found.pointee.ai_family, kind, 0)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(owning: number)
    // Else each question costs 40 ms.
    var on: Int32 = 1
    setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    if Glibc.connect(number, found.pointee.ai_addr, found.pointee.ai_addrlen) != 0 {
      guard errno == EINPROGRESS, wait(number, POLLOUT, until: deadline) else { return nil }
      var problem: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(number, SOL_SOCKET, SO_ERROR, &problem, &size) == 0, problem == 0 else { return nil }
    }
    return descriptor
  }

  private static func wait(_ number: Int32, _ events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
    while true {
      let left = max(0, (deadline - .now) / .milliseconds(1))
      var item = pollfd(fd: number, events: Int16(events), revents: 0)
      let count = poll(&item, 1, Int32(min(left, 1e6)) + 1)
      if count > 0 { return true }
      if count < 0, errno == EINTR { continue }
      return false
    }
  }

  // MARK: Sending

  /// - Returns: false when the other end is gone.
  func send(_ bytes: [UInt8]) -> Bool {
    do {
      try descriptor.sendAll(bytes)
      return true
    } catch { return false }
  }

  /// Sends a message of one frame; a request gets the delimiter that belongs before it.
  func sendMessage(_ body: [UInt8], isRequest: Bool = false) -> Bool {
    if isRequest { guard sendFrame([], flags: Self.more) else { return false } }
    return sendFrame(body, flags: 0)
  }

  /// Asks for an answer, and has the other end give this connection up when it hears nothing more of it.
  ///
  /// That is the one way to be no burden when this process is stopped and can do nothing: who publishes keeps all that is
  /// not taken, for ever. libzmq does so since 4.2.
  ///
  /// - Parameter patience: seconds that the other end waits for the next one.
  func ping(patience: Double) -> Bool {
    let tenths = UInt16(max(1, min(patience * 10, 65_535)))
    return sendFrame(
      [4] + Array("PING".utf8) + [UInt8(tenths >> 8), UInt8(truncatingIfNeeded: tenths)], flags: Self.command)
  }

  private func sendFrame(_ body: [UInt8], flags: UInt8) -> Bool {
    var bytes: [UInt8]
    if body.count <= 255 {
      bytes = [flags, UInt8(body.count)]
    } else {
      bytes = [flags | Self.long]
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
    }
    return send(bytes + body)
  }

  // MARK: Receiving

  /// The next message; commands are answered and passed over.
  ///
  /// - Parameter limit: seconds to wait; 0 takes only what is there.
  func receive(limit: Double) -> Received {
    let deadline = ContinuousClock.now + .seconds(limit)
    while true {
      guard let (flags, body) = frame(until: deadline) else { return isEnded ? .ended : .nothing }
      guard flags & Self.command != 0 else {
        // The delimiter of a reply.
        if flags & Self.more != 0, body.isEmpty { continue }
        return .message(body)
      }
      let ping = [4] + Array("PING".utf8)
      guard body.starts(with: ping), body.count >= 7 else { continue }
      _ = sendFrame([4] + Array("PONG".utf8) + body[7...].prefix(16), flags: Self.command)
    }
  }

  private var isEnded = false

  /// - Returns: `nil` when no whole frame came in time, or none will.
  private func frame(until deadline: ContinuousClock.Instant) -> (flags: UInt8, body: [UInt8])? {
    guard fill(2, until: deadline) else { return nil }
    let flags = buffer[taken]
    var header = 2
    var length = UInt64(buffer[taken + 1])
    if flags & Self.long != 0 {
      header = 9
      guard fill(header, until: deadline) else { return nil }
      length = buffer[(taken + 1)..<(taken + 9)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard length <= UInt64(Self.longestFrame) else {
      isEnded = true
      return nil
    }
    let count = Int(length)
    guard fill(header + count, until: deadline) else { return nil }
    let body = Array(buffer[(taken + header)..<(taken + header + count)])
    taken += header + count
    if taken == buffer.count { (buffer, taken) = ([], 0) }
    return (flags, body)
  }

  /// Waits until so many bytes are there that were not taken.
  private func fill(_ count: Int, until deadline: ContinuousClock.Instant) -> Bool {
    if taken > Self.portion {
      buffer.removeFirst(taken)
      taken = 0
    }
    while buffer.count - taken < count {
      guard !isEnded else { return false }
      do {
        guard let got = try descriptor.get(into: &chunk, waits: false) else {
          guard Self.wait(descriptor.number, POLLIN, until: deadline) else { return false }
          continue
        }
        guard got > 0 else {
          isEnded = true
          return false
        }
        buffer.append(contentsOf: chunk[..<got])
      } catch {
        isEnded = true
        return false
      }
    }
    return true
  }
}
