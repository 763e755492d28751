import Work

/// A call of the engine that may take its time, or hang.
enum EngineCall {
  case acquire(RuntimeResource)
  /// Gives back in this order, all within the limit.
  case release([RuntimeResource], limit: Duration)
  case withdraw(isShutdown: Bool)
  case stopRaptor
  case cancelRaptor
  case survivors(within: Duration, after: Duration)
}

/// What came of a call; of one that hangs, nothing ever comes.
enum EngineReply {
  case acquired(RuntimeResource, Result<String, any Error>)
  /// For each resource what went wrong, or `nil`.
  case released([(RuntimeResource, String?)])
  case withdrawn(Result<[TaskID], any Error>, isShutdown: Bool)
  /// Why it failed, or `nil`.
  case raptorStopped(String?)
  case raptorCanceled(String?)
  /// `nil` when the engine did not answer in time.
  case survivors([String]?)
}
