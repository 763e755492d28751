import Logging
import SessionModel
import Synchronization
import Testing

@testable import Executor

@Suite struct FactoryTests {
  private final class Messages: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private struct Handler: LogHandler {
    let messages: Messages
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { messages.add("\(event.level): \(event.message)") }
  }

  private func executor(_ configuration: RuntimeConfiguration?, _ messages: Messages) throws -> DispatchingExecutor {
    var workflow = Workflow()
    _ = try workflow.add([item("a")])
    return try executorFactory(
      workflow, configuration: configuration, id: "session.1", directory: "/s", clientDirectory: "/c",
      engine: FakeEngine(), kind: .local, recorder: Recording(),
      logger: Logger(label: "test") { _ in Handler(messages: messages) })
  }

  @Test func `without a configuration the factory warns and uses the defaults`() async throws {
    let messages = Messages()
    let executor = try executor(nil, messages)
    #expect(
      messages.all == [
        "warning: an executor was made without a configuration: the defaults are used (engine local, local.localhost)"
      ])
    #expect(executor.context.configuration.resource == "local.localhost")
    #expect(executor.context.configuration.cores == nil)
    #expect(executor.info.engine == "local")
    #expect(await executor.workflow.count == 1)
  }

  @Test func `with a configuration there is nothing to warn of`() async throws {
    let messages = Messages()
    let executor = try executor(try RuntimeConfiguration(cores: 3, engines: [.local]), messages)
    #expect(messages.all.isEmpty)
    #expect(executor.context.configuration.cores == 3)
    #expect(executor.context.clientDirectory == "/c")
    #expect(executor.info.id == "session.1")
    #expect(executor.info.directory == "/s")
  }
}
