/// One thing that is wrong with work that is offered: where, and a sentence about it.
public struct WorkViolation: Error, Equatable, Sendable {
  /// A step on the way from an item to what is wrong; keys are those of the workflow file.
  public enum Step: Equatable, Sendable {
    case key(String)
    case index(Int)
    /// The name of an entry, as opposed to its value.
    case entryName(String)
  }

  public enum Kind: Equatable, Sendable {
    case value
    /// The name is taken, by the item at this place of the same offer or by one that was there before.
    case duplicate(of: Int?)
    /// SCALE-MS has it, and this program does not.
    case unsupported
  }

  /// The place of the item in what is offered, from 0.
  public var item: Int
  /// From the item to the value; empty for the item as a whole.
  public var path: [Step]
  public var kind: Kind
  /// What is wrong and what would be right, for people.
  public var sentence: String

  public init(item: Int, path: [Step] = [], kind: Kind = .value, _ sentence: String) {
    self.item = item
    self.path = path
    self.kind = kind
    self.sentence = sentence
  }
}
