import Work

/// The texts of a batch's tasks in which a query looks: name, uid and command, in lower case (of ASCII).
///
/// Written into one buffer without making strings: a million tasks are searched in well under a second.
struct SearchText {
  private let batch: TaskBatch
  private let name: [UInt8]
  /// The command between the places of `{member}`; `nil` when each task has its own.
  private let command: [[UInt8]]?
  /// Name, uid and command, with a line feed between them: no word has one, so none is found across two texts.
  private(set) var buffer: [UInt8] = []
  private var nameEnd = 0
  private var uidEnd = 0

  init(_ batch: TaskBatch) {
    self.batch = batch
    name = Self.lower(batch.description.name)
    if case .commands = batch.members {
      command = nil
    } else {
      command = Self.pieces(Self.lower(batch.description.commandLine))
    }
  }

  /// Where in the buffer a field of the task is that was written last.
  func range(of field: TaskQuery.Field?) -> Range<Int> {
    switch field {
    case .name: 0..<nameEnd
    case .uid: (nameEnd + 1)..<uidEnd
    case .command: (uidEnd + 1)..<buffer.count
    default: 0..<buffer.count
    }
  }

  /// Writes the texts of a task of the batch.
  mutating func write(_ id: TaskID) {
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: name)
    let member = batch.member(of: id)
    if let member {
      buffer.append(UInt8(ascii: "."))
      write(member, digits: 1)
    }
    nameEnd = buffer.count
    buffer.append(UInt8(ascii: "\n"))
    if let uid = batch.uid {
      buffer.append(contentsOf: uid.utf8.lazy.map(Self.lower))
    } else {
      buffer.append(contentsOf: "task.".utf8)
      write(id.index, digits: 6)
    }
    uidEnd = buffer.count
    buffer.append(UInt8(ascii: "\n"))
    guard let command else {
      buffer.append(contentsOf: batch.commandLine(of: id).utf8.lazy.map(Self.lower))
      return
    }
    for (index, piece) in command.enumerated() {
      if index > 0 {
        // A single task keeps the word as it stands.
        if let member { write(member, digits: 1) } else { buffer.append(contentsOf: Self.placeholder) }
      }
      buffer.append(contentsOf: piece)
    }
  }

  private mutating func write(_ number: Int, digits: Int) {
    let start = buffer.count
    var rest = number
    repeat {
      buffer.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0 || buffer.count - start < digits
    buffer[start...].reverse()
  }

  private static let placeholder = Array("{member}".utf8)

  private static func pieces(_ text: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    var index = 0
    while index + placeholder.count <= text.count {
      if text[index] == placeholder[0], text[index..<(index + placeholder.count)].elementsEqual(placeholder) {
        pieces.append(Array(text[start..<index]))
        index += placeholder.count
        start = index
      } else {
        index += 1
      }
    }
    return pieces + [Array(text[start...])]
  }

  static func lower(_ text: String) -> [UInt8] { text.utf8.map(lower) }

  private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

  static func contains(_ needle: [UInt8], in text: [UInt8], _ range: Range<Int>? = nil) -> Bool {
    let range = range ?? 0..<text.count
    guard let first = needle.first else { return true }
    guard range.count >= needle.count else { return false }
    return text.withUnsafeBufferPointer { text in
      needle.withUnsafeBufferPointer { needle in
        for start in range.lowerBound...(range.upperBound - needle.count) where text[start] == first {
          var index = 1
          while index < needle.count, text[start + index] == needle[index] { index += 1 }
          if index == needle.count { return true }
        }
        return false
      }
    }
  }
}
