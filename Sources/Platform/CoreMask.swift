import CTaskLaunch
import Glibc

/// A set of this machine's processors, by the kernel's numbers.
public struct CoreMask: Equatable, Sendable {
  /// As the kernel has it: a bit a processor.
  private(set) var words: [UInt]

  /// More processors than any machine has.
  private static let wordLimit = 1024

  public init(_ numbers: some Sequence<Int>) {
    words = []
    for number in numbers where number >= 0 && number < Self.wordLimit * UInt.bitWidth {
      let (word, bit) = number.quotientAndRemainder(dividingBy: UInt.bitWidth)
      while words.count <= word { words.append(0) }
      words[word] |= 1 << UInt(bit)
    }
  }

  /// The processors that this process may run on; empty when the kernel does not say.
  public static var own: CoreMask {
    var mask = CoreMask([])
    mask.words = [UInt](repeating: 0, count: wordLimit)
    let filled = task_get_affinity(0, &mask.words, wordLimit * MemoryLayout<UInt>.size)
    mask.words = Array(mask.words.prefix(max(0, Int(filled)) / MemoryLayout<UInt>.size))
    while mask.words.last == 0 { mask.words.removeLast() }
    return mask
  }

  public var numbers: [Int] {
    words.indices.flatMap { word in
      (0..<UInt.bitWidth).filter { words[word] & (1 << UInt($0)) != 0 }.map { word * UInt.bitWidth + $0 }
    }
  }

  public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  /// Binds this process, and what it starts from now on.
  ///
  /// What the kernel refuses is left as it is: a processor may have gone since.
  public func bindThisProcess() { bind(0) }

  /// Binds every thread of a process.
  public func bind(_ pid: pid_t) {
    guard !isEmpty else { return }
    let size = words.count * MemoryLayout<UInt>.size
    let threads = pid == 0 ? [] : directoryEntries("/proc/\(pid)/task").compactMap { pid_t($0) }
    for thread in threads.isEmpty ? [pid] : threads { task_set_affinity(thread, words, size) }
  }
}
