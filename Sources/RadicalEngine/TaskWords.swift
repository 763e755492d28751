/// Texts as words that no shell minds, for `run_task.py`: bytes arrive as they are, whatever shells are on the way.
struct TaskWords {
  private(set) var words: [String] = []
  /// Characters of a word: Linux takes one of 128 KiB.
  private static let limit = 100_000

  /// Adds a text under a letter that `run_task.py` knows.
  mutating func add(_ letter: Character, _ text: String) {
    var word = Array("\(letter)=".utf8)
    for byte in text.utf8 {
      if word.count >= Self.limit {
        words.append(String(decoding: word, as: UTF8.self))
        word = Array("+=".utf8)
      }
      if Self.isPlain(byte) {
        word.append(byte)
      } else {
        word += [UInt8(ascii: "%"), Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
      }
    }
    words.append(String(decoding: word, as: UTF8.self))
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "._-+=:,@/".utf8.contains(byte)
    }
  }
}
