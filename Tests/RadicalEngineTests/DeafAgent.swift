import Glibc
import Platform
import TestSupport

/// The tests' environment of RADICAL-Pilot with one thing changed: of what the agent asks itself for first, nothing
/// arrives. That happens on busy machines, where it has not joined its own bridge in time.
///
/// - Returns: the path of an environment in `place`.
func environmentWithDeafAgent(in place: TemporaryDirectory) throws -> String {
  let path = place.path + "/deaf"
  let agent = "radical-pilot-agent_0"
  guard mkdir(path, 0o700) == 0, mkdir(path + "/bin", 0o700) == 0, symlink(radicalVenv + "/lib", path + "/lib") == 0,
    symlink(radicalVenv + "/pyvenv.cfg", path + "/pyvenv.cfg") == 0
  else { throw TestError("no environment at \(path)") }
  for name in directoryEntries(radicalVenv + "/bin") where name != agent && name != "activate" {
    guard symlink("\(radicalVenv)/bin/\(name)", "\(path)/bin/\(name)") == 0 else { throw TestError("no \(name)") }
  }
  // Text of ours: the real one is some shell code that sets these.
  try place.write(
    "export VIRTUAL_ENV='\(path)' PATH='\(path)/bin':\"$PATH\"\ndeactivate() { :; }\n", to: "deaf/bin/activate")
  try place.write(
    """
    #!\(radicalVenv)/bin/python
    import runpy

    import radical.pilot as rp
    from radical.pilot.messages import RPCRequestMessage

    publish, lost = rp.Agent_0.publish, []


    def losing(agent, channel, message, *arguments, **named):
        if isinstance(message, RPCRequestMessage) and not lost:
            lost.append(message)
        else:
            publish(agent, channel, message, *arguments, **named)


    rp.Agent_0.publish = losing
    runpy.run_path("\(radicalVenv)/bin/\(agent)", run_name="__main__")
    """, to: "deaf/bin/" + agent)
  guard chmod("\(path)/bin/\(agent)", 0o700) == 0 else { throw TestError("no agent") }
  return path
}
