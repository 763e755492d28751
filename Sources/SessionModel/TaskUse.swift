/// What a running task uses of its machine, and the last line that it printed.
public struct TaskUse: Equatable, Sendable {
  /// Seconds of processor time so far.
  public var processor: Double
  /// Bytes.
  public var memory: Int
  /// Empty when it has printed none.
  public var lastLine: String
  /// When it was measured.
  public var time: Timestamp

  public init(processor: Double, memory: Int, lastLine: String, time: Timestamp) {
    (self.processor, self.memory, self.lastLine, self.time) = (processor, memory, lastLine, time)
  }
}
