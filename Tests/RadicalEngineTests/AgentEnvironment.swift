import Glibc
import Platform
import TestSupport

/// What the agent of a pilot does with its first request, to itself, which on a busy machine it makes before it has joined
/// its own bridge: then it is lost, and the agent waits for good.
enum FirstRequest: String {
  /// It is lost, always.
  case isLost = "return"
  /// It waits until it has joined: programs of others are not helped, and a test is not to fail by that.
  case isHeard = "time.sleep(0.5)"

  /// Makes the tests' environment of RADICAL-Pilot once more, with such an agent.
  ///
  /// - Returns: its path, in `place`.
  func environment(in place: TemporaryDirectory) throws -> String {
    let path = place.path + "/radical"
    let agent = "radical-pilot-agent_0"
    guard mkdir(path, 0o700) == 0, mkdir(path + "/bin", 0o700) == 0 else {
      throw TestError("no environment at \(path)")
    }
    let links =
      ["lib", "pyvenv.cfg"]
      + directoryEntries(radicalVenv + "/bin").filter { ![agent, "activate"].contains($0) }.map { "bin/" + $0 }
    for name in links {
      guard symlink("\(radicalVenv)/\(name)", "\(path)/\(name)") == 0 else { throw TestError("no \(name)") }
    }
    try place.write(
      "export VIRTUAL_ENV='\(path)' PATH='\(path)/bin':\"$PATH\"\ndeactivate() { :; }\n", to: "radical/bin/activate")
    try place.write(
      """
      #!\(radicalVenv)/bin/python
      import runpy
      import time

      import radical.pilot as rp
      from radical.pilot.messages import RPCRequestMessage

      publish, seen = rp.Agent_0.publish, []


      def publish_one(agent, channel, message, *arguments, **named):
          if isinstance(message, RPCRequestMessage) and not seen:
              seen.append(message)
              \(rawValue)
          publish(agent, channel, message, *arguments, **named)


      rp.Agent_0.publish = publish_one
      runpy.run_path("\(radicalVenv)/bin/\(agent)", run_name="__main__")
      """, to: "radical/bin/" + agent)
    guard chmod("\(path)/bin/\(agent)", 0o700) == 0 else { throw TestError("no agent") }
    return path
  }
}
