import Glibc
import JSON
import Platform

/// Where the registry of a session is, as the record says that its program wrote: `tcp://192.0.2.1:10000`.
struct RadicalRegistryAddress: Equatable, Sendable {
  var text: String
  private static let longest = 1 << 22

  /// - Returns: `nil` when there is no record, it is somebody else's, or it says no address.
  init?(of site: RadicalSite) {
    guard let bytes = try? readFile(site.record, owner: .thisUser, limit: Self.longest),
      let text = bytes.withUnsafeBytes({ (try? JSONObject($0))?.fields("cfg")?.text("reg_addr") })
    else { return nil }
    self.text = text
  }

  /// Whether the program that opened the session runs, or ran, on this machine.
  var isHere: Bool { isOfThisMachine(text) }
}

/// Where the program runs, or ran, that opened a session.
public enum RadicalPlace: Equatable, Sendable {
  /// On this machine: whether it lives is seen by its processes.
  case here
  /// On another machine, or as another user's: whether it lives is not seen.
  case elsewhere

  public init(of site: RadicalSite) {
    if let address = RadicalRegistryAddress(of: site) {
      self = address.isHere ? .here : .elsewhere
    } else {
      // Records are for their owners alone.
      var status = stat()
      self = stat(site.directory, &status) == 0 && status.st_uid != geteuid() ? .elsewhere : .here
    }
  }
}
