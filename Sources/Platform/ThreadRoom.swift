import CTaskLaunch
import Glibc
import SystemPackage

extension ThisProcess {
  /// Whether so many threads can be made, and some memory; tried by making them.
  ///
  /// Where no thread can be made, whatever hands work to another one waits for ever without a word; where there is no
  /// memory, the process traps. To be called before there is another thread.
  ///
  /// - Throws: what the system says when there is no room.
  public static func requireRoom(threads count: Int, memory: Int = 64 << 20) throws(Errno) {
    task_spare_addresses()
    let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    defer { gate.deallocate() }
    guard sem_init(gate, 0, 0) == 0 else { throw Errno.last }
    defer { sem_destroy(gate) }
    var threads: [pthread_t] = []
    var code: Int32 = 0
    while threads.count < count, code == 0 {
      var thread = pthread_t()
      code = pthread_create(
        &thread, nil,
        { gate in
          while let gate, sem_wait(gate.assumingMemoryBound(to: sem_t.self)) != 0 {}
          return nil
        }, gate)
      if code == 0 { threads.append(thread) }
    }
    if code == 0 {
      let room = mmap(nil, memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if let room, room != MAP_FAILED { munmap(room, memory) } else { code = errno }
    }
    for _ in threads { sem_post(gate) }
    for thread in threads { pthread_join(thread, nil) }
    if code != 0 { throw Errno(rawValue: code) }
  }
}
