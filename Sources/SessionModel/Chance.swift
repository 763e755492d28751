#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Numbers as from a normal distribution, the same ones every time: an estimate made of them does not tremble.
enum Chance {
  /// A number above 0 and below 1, of its place alone.
  static func uniform(_ run: Int, _ group: Int, _ number: Int) -> Double {
    // The mix of SplitMix64 (Steele, Lea, Flood 2014).
    var bits = UInt64(truncatingIfNeeded: (run &* 0x1_0001 &+ group) &* 0x100_0003 &+ number) &* 0x9E37_79B9_7F4A_7C15
    bits &+= 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return (Double(bits >> 11) + 0.5) / Double(1 << 53)
  }

  /// The share of a normal distribution above `x` standard deviations.
  static func upperTail(_ x: Double) -> Double { erfc(x / 2.0.squareRoot()) / 2 }

  /// How many standard deviations above the mean the share `p` of a normal distribution begins.
  ///
  /// To three digits (Abramowitz and Stegun, 26.2.23), which is more than an estimate has.
  static func deviations(ofUpperTail p: Double) -> Double {
    let share = min(max(p, 1e-12), 1 - 1e-12)
    let t = (-2 * log(min(share, 1 - share))).squareRoot()
    let above =
      t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return share <= 0.5 ? above : -above
  }
}
