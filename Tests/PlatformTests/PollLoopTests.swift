import Dispatch
import Glibc
import Platform
import Synchronization
import Testing

@Suite(.serialized) struct PollLoopTests {
  @Test func `a sleep ends by a wake-up from any thread, also by one that came before it`() throws {
    let poller = try Poller()
    var items: [pollfd] = []
    poller.wake()
    poller.wake()
    #expect(poller.sleep(on: &items, milliseconds: -1).isWoken)
    #expect(!poller.sleep(on: &items, milliseconds: 0).isWoken)
    DispatchQueue.global().async { poller.wake() }
    #expect(poller.sleep(on: &items, milliseconds: -1).isWoken)
    #expect(items.isEmpty)
  }

  @Test func `a watched signal ends a sleep, and is given back afterwards`() throws {
    var old = sigaction()
    sigaction(SIGURG, nil, &old)
    let poller = try Poller()
    poller.watch(SIGURG)
    var items: [pollfd] = []
    kill(getpid(), SIGURG)
    #expect(poller.sleep(on: &items, milliseconds: -1).signals == [SIGURG])
    poller.unwatchSignals()
    var now = sigaction()
    sigaction(SIGURG, nil, &now)
    #expect(now.sa_flags & SA_RESTART == old.sa_flags & SA_RESTART)
    // One that is ignored stays so where that is wanted.
    signal(SIGURG, SIG_IGN)
    poller.watch(SIGURG, unlessIgnored: true)
    kill(getpid(), SIGURG)
    #expect(poller.sleep(on: &items, milliseconds: 0).signals == [])
    signal(SIGURG, SIG_DFL)
  }

  @Test func `descriptors that are negative are passed over, and stale answers are wiped`() throws {
    let poller = try Poller()
    let pipe = try Pipe()
    var items = [
      pollfd(fd: -1, events: Int16(POLLIN), revents: 7),
      pollfd(fd: pipe.reader.number, events: Int16(POLLIN), revents: 7),
    ]
    _ = poller.sleep(on: &items, milliseconds: 0)
    #expect(items.map(\.revents) == [0, 0])
    try pipe.writer.writeAll([1])
    _ = poller.sleep(on: &items, milliseconds: -1)
    #expect(items.map(\.revents) == [0, Int16(POLLIN)])
  }

  @Test func `a loop serves descriptors, timers in their order, and what a thread hands over`() throws {
    let loop = try PollLoop()
    let pipe = try Pipe()
    var said: [String] = []
    loop.add(pipe.reader.number) {
      var byte: UInt8 = 0
      said.append("read \(read(pipe.reader.number, &byte, 1))")
      loop.remove(pipe.reader.number)
    }
    // Later than anything a test waits for, and as good as never: no time overflows.
    loop.after(.seconds(1e9)) { said.append("never") }
    let canceled = loop.after(.milliseconds(1)) { said.append("canceled") }
    loop.cancel(canceled)
    loop.after(.milliseconds(20)) {
      said.append("second")
      loop.stop()
    }
    loop.after(.milliseconds(5)) { said.append("first") }
    let count = Mutex(0)
    let poster = loop.poster
    DispatchQueue.concurrentPerform(iterations: 100) { _ in poster.post { count.withLock { $0 += 1 } } }
    try pipe.writer.writeAll([1])
    loop.run()
    #expect(said == ["read 1", "first", "second"])
    #expect(count.withLock { $0 } == 100)
  }
}
