import Glibc
import Platform
import Testing

@Suite struct WaitStatusTests {
  @Test func `how a process ended, in each of its forms`() {
    let exited = WaitStatus(raw: 3 << 8)
    #expect(exited.exitCode == 3 && exited.signal == nil && exited.shellCode == 3 && exited.words == "exit 3")
    let killed = WaitStatus(raw: SIGKILL)
    #expect(killed.exitCode == nil && killed.signal == 9 && killed.shellCode == 137 && killed.words == "SIGKILL")
    // With a core dump, and by a signal that has no name.
    #expect(WaitStatus(raw: SIGSEGV | 0x80).words == "SIGSEGV")
    #expect(WaitStatus(raw: 40).words == "signal 40")
    #expect(WaitStatus(of: 1) == nil)
  }
}
