/// How long the texts may be that people give a session and its commands, whichever way they come: keys, verbs, control
/// socket, inbox, library.
///
/// Each stands in the journal, in checkpoints and in the memory of everyone who looks, so none is as long as its sender likes.
public enum SessionRules {
  /// Bytes of a reason.
  public static let reasonBytes = 4096
  /// Bytes of a session's name.
  public static let nameBytes = 200
  /// Bytes of what a sender says of where it sits, and of what it calls its request.
  public static let senderBytes = 256

  /// What is wrong with a reason, as a sentence; `nil` when nothing is.
  public static func fault(inReason text: String?) -> String? {
    isTooLong(text, reasonBytes) ? "the reason is longer than \(reasonBytes) bytes: say it in fewer words" : nil
  }

  /// What is wrong with a session's name.
  public static func fault(inName text: String?) -> String? {
    isTooLong(text, nameBytes) ? "the name of the session is longer than \(nameBytes) bytes" : nil
  }

  /// What is wrong with who sends a command.
  public static func fault(in sender: CommandSender) -> String? {
    if isTooLong(sender.user, senderBytes) { return "the name of the user is longer than \(senderBytes) bytes" }
    return fault(inOrigin: sender.origin) ?? fault(inRequest: sender.request)
  }

  /// What is wrong with what a sender says of where it sits.
  public static func fault(inOrigin text: String?) -> String? {
    isTooLong(text, senderBytes) ? "the origin is longer than \(senderBytes) bytes" : nil
  }

  /// What is wrong with what a sender calls its request.
  public static func fault(inRequest text: String?) -> String? {
    isTooLong(text, senderBytes) ? "the id of the request is longer than \(senderBytes) bytes" : nil
  }

  private static func isTooLong(_ text: String?, _ limit: Int) -> Bool { (text?.utf8.count ?? 0) > limit }

  /// The beginning of a text that is too long, on a boundary of characters.
  public static func shortened(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var result = ""
    var size = 0
    for scalar in text.unicodeScalars {
      size += String(scalar).utf8.count
      guard size <= limit - 3 else { break }
      result.unicodeScalars.append(scalar)
    }
    return result + "\u{2026}"
  }
}

extension CommandRecord {
  /// Bytes of a reason that each task says itself.
  private static let reasonInTasks = 80

  /// Why a task is CANCELED that this command ended. A long reason stands in the record of the command alone, which is
  /// named: a hundred thousand tasks refer to it.
  public var reasonOfTasks: String {
    guard let reason else { return "canceled by \(sender.user)" }
    guard reason.utf8.count > Self.reasonInTasks else { return "canceled by \(sender.user): \(reason)" }
    return "canceled by \(sender.user): \(SessionRules.shortened(reason, to: Self.reasonInTasks)) (command \(id))"
  }
}
