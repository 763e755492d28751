import Dispatch
import Platform

/// Has this process let go, once it has begun, of the code that only its beginning needs: half of its memory. For one that
/// will mostly wait, as screens, hosts and keepers of programs do.
func settleSoon() {
  DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + 3) { ThisProcess.releaseCode() }
}
