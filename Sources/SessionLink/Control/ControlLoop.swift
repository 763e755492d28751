import NIOCore
import NIOPosix
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The one event loop of this process for control sockets; it starts with the first of them.
enum ControlLoop {
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  /// Why a socket could not be opened or reached, as the system says it.
  static func code(of error: any Error) -> Int32? { (error as? IOError)?.errnoCode }

  static func words(for error: any Error) -> String { code(of: error).map { text($0) } ?? "\(error)" }
}
