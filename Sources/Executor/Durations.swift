extension Duration {
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }

  /// For people: `60 s`, `0.25 s`.
  public var text: String {
    let seconds = self.seconds
    return Int(exactly: seconds).map { "\($0) s" } ?? "\(seconds) s"
  }
}
