import Glibc
import SystemPackage

/// What the system says of an error; of the last one unless another is named.
public func errorText(_ code: Int32 = errno) -> String { Errno(rawValue: code).description }
