import NIOCore
import Wire

/// Cuts what comes into lines of a bounded length: of requests as of replies.
struct LineDecoder: ByteToMessageDecoder {
  typealias InboundOut = ByteBuffer

  private let limit: Int
  /// Counts the bytes of unfinished lines over all connections; false when there are too many.
  private let count: (Int) -> Bool
  private var counted = 0
  /// Bytes of the buffer that hold no line feed.
  private var searched = 0

  init(limit: Int, count: @escaping (Int) -> Bool = { _ in true }) {
    self.limit = limit
    self.count = count
  }

  mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
    let view = buffer.readableBytesView
    if let feed = view[view.startIndex.advanced(by: searched)...].firstIndex(of: 0x0a) {
      searched = 0
      _ = note(0)
      guard let line = buffer.readSlice(length: feed - view.startIndex) else { return .needMoreData }
      buffer.moveReaderIndex(forwardBy: 1)
      guard line.readableBytes <= limit else { throw failure(tooLong) }
      context.fireChannelRead(NIOAny(line))
      return .continue
    }
    searched = view.count
    guard view.count <= limit else { throw failure(tooLong) }
    guard note(view.count) else {
      throw failure(ControlError(.busy, "too much of unfinished requests waits on this socket: try again later"))
    }
    return .needMoreData
  }

  mutating func decodeLast(
    context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
  ) throws -> DecodingState {
    // What has no end is no request.
    _ = note(0)
    buffer.clear()
    return .needMoreData
  }

  private mutating func note(_ size: Int) -> Bool {
    defer { counted = size }
    return count(size - counted)
  }

  /// Nothing of this connection is read any more, and `decodeLast` is not called.
  private mutating func failure(_ problem: ControlError) -> ControlError {
    _ = note(0)
    return problem
  }

  private var tooLong: ControlError {
    ControlError(.tooLarge, "a request has at most \(limit) bytes: send less at a time")
  }
}
