import Glibc

/// Whether an address of RADICAL-Pilot's, `tcp://192.0.2.1:10000`, is one of this machine.
func isOfThisMachine(_ address: String) -> Bool {
  let scheme = "tcp://"
  guard address.hasPrefix(scheme), let colon = address.lastIndex(of: ":") else { return false }
  let host = address[..<colon].dropFirst(scheme.count)
  var first: UnsafeMutablePointer<ifaddrs>?
  guard getifaddrs(&first) == 0, let first else { return false }
  defer { freeifaddrs(first) }
  var next: UnsafeMutablePointer<ifaddrs>? = first
  while let item = next {
    if let own = item.pointee.ifa_addr, number(of: own).map({ $0 == host }) ?? false { return true }
    next = item.pointee.ifa_next
  }
  return false
}

/// As people write it; `nil` of what is none of the internet's.
private func number(of address: UnsafeMutablePointer<sockaddr>) -> String? {
  let size =
    switch Int32(address.pointee.sa_family) {
    case AF_INET: MemoryLayout<sockaddr_in>.size
    case AF_INET6: MemoryLayout<sockaddr_in6>.size
    default: 0
    }
  var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
  guard size > 0,
    getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
  else { return nil }
  return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
}
