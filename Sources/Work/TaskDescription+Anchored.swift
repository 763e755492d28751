extension TaskDescription {
  /// The description with the paths of the client's side made absolute, so that it means the same to a session that was
  /// started in another directory.
  public func anchored(to directory: String) -> TaskDescription {
    func anchor(_ text: String, _ side: Location.Base) -> String {
      let location = Location(text, relativeTo: side)
      return location.base == .client ? directory + "/" + location.path : text
    }
    func anchor(_ directives: [StagingDirective], _ direction: StagingDirective.Direction) -> [StagingDirective] {
      directives.map {
        StagingDirective(
          source: anchor($0.source, direction.sourceSide), target: anchor($0.target, direction.targetSide),
          action: $0.action)
      }
    }
    var copy = self
    copy.clientDirectory = clientDirectory ?? directory
    if case .file(let path)? = stdin { copy.stdin = .file(anchor(path, .client)) }
    copy.inputs = anchor(inputs, .input)
    copy.outputs = anchor(outputs, .output)
    return copy
  }
}
