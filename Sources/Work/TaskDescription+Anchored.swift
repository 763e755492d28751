extension TaskDescription {
  /// The description with the paths of the client's side made absolute, so that it means the same to a session that was
  /// started in another directory.
  public func anchored(to directory: String) -> TaskDescription {
    func anchor(_ path: String) -> String {
      let scheme = "client:///"
      if path.hasPrefix(scheme) { return directory + "/" + path.dropFirst(scheme.count) }
      return path.hasPrefix("/") || path.contains(":///") ? path : directory + "/" + path
    }
    var copy = self
    if case .file(let path)? = stdin { copy.stdin = .file(anchor(path)) }
    copy.inputs = inputs.map { StagingDirective(source: anchor($0.source), target: $0.target, action: $0.action) }
    copy.outputs = outputs.map { StagingDirective(source: $0.source, target: anchor($0.target), action: $0.action) }
    return copy
  }
}
