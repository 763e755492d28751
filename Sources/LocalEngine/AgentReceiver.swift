import JSON
import Platform
import SessionModel
import Wire
import Work

/// Makes messages of what an agent says.
struct AgentReceiver: LineReceiver, Sendable {
  enum Message: Sendable {
    case events([SessionEvent])
    case withdrawn(request: Int, [TaskID])
    case ended(WaitStatus)
  }

  private var events: [SessionEvent] = []
  private let deliver: @Sendable (Message) -> Void

  /// - Parameter deliver: called on the reading queue, in order.
  init(deliver: @escaping @Sendable (Message) -> Void) { self.deliver = deliver }

  mutating func receive(_ line: UnsafeRawBufferPointer) {
    do {
      if let event = try SessionEvent(line: line) {
        events.append(event)
      } else if let (request, ids) = try withdrawal(line) {
        pause()
        deliver(.withdrawn(request: request, ids))
      }
    } catch {
      events.append(SessionEvent(source: .engine, .log(.warning, "the agent sent what is no event: \(error)")))
    }
  }

  mutating func pause() {
    guard !events.isEmpty else { return }
    deliver(.events(events))
    events = []
  }

  mutating func ended(_ status: WaitStatus) { deliver(.ended(status)) }

  private func withdrawal(_ line: UnsafeRawBufferPointer) throws -> (Int, [TaskID])? {
    let members = try JSONObject(line)
    guard let request: Int = try members.optional("request", .integer) else { return nil }
    return (request, try members.required("uids", .list(.text)).compactMap { TaskID(uid: $0) })
  }
}
