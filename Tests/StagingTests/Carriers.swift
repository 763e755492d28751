import CTestUser
import Glibc
import JSON
import Platform
import Staging
import TestSupport
import Wire
import Work

/// What carries a plan out.
protocol Carrier {
  /// - Returns: why not; `nil` when all was brought.
  func bring(_ plan: StagingPlan, task: String) throws -> String?
}

extension Carrier {
  func bring(_ action: String, _ source: String, _ target: String, direction: StagingDirective.Direction) throws
    -> String?
  {
    guard let action = StagingDirective.Action(rawValue: action) else { throw TestError("no action \(action)") }
    let step = StagingPlan.Step(named: "it", source: source, target: target, action: action)
    return try bring(StagingPlan(direction: direction, tag: "task.000000.x", steps: [step]), task: "/nonexistent")
  }
}

/// The local engine's.
struct SwiftCarrier: Carrier {
  func bring(_ plan: StagingPlan, task: String) throws -> String? {
    if geteuid() == 0 { test_act_as(StagingPlace.nobody) }
    defer { if geteuid() == 0 { test_act_as(0) } }
    do throws(StagingError) {
      // What a task does at its good end.
      StagingJob.remove(try StagingJob(plan).run())
      return nil
    } catch { return error.description }
  }
}

/// RADICAL-Pilot's: the program that its tasks run, in one process for many plans.
final class PythonCarrier: Carrier {
  private static let driver = """
    import importlib.util, json, os, sys
    spec = importlib.util.spec_from_file_location("scalems_stage", sys.argv[1])
    stage = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stage)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    for line in sys.stdin.buffer:
        try:
            stage.remove(stage.Plan(json.loads(line.decode())).run())
            said = None
        except stage.Refused as refusal:
            said = str(refusal)
        print(json.dumps(said), flush=True)
    """

  private let input: Int32
  private let output: Int32
  private let process: pid_t

  init() throws {
    let requests = try Pipe()
    let answers = try Pipe()
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    guard let python = programPath("python3", in: path) else { throw TestError("there is no python3") }
    let program = "\(packageRoot)/Sources/RadicalEngine/Helper/scalems_stage.py"
    let start = ProcessStart(
      program: python, arguments: ["python3", "-I", "-S", "-X", "utf8", "-B", "-c", Self.driver, program],
      input: requests.reader.number, output: answers.writer.number, error: STDERR_FILENO, diesWithParent: false)
    process = ProcessEnvironment().with([]) { start.run(environment: $0) }
    input = requests.writer.release()
    output = answers.reader.release()
    guard process > 0 else { throw TestError("python3: \(errorText(-process))") }
  }

  deinit {
    close(input)
    close(output)
    waitpid(process, nil, 0)
  }

  func bring(_ plan: StagingPlan, task: String) throws -> String? {
    var json = JSONWriter()
    json.beginObject()
    json.member("direction", plan.direction.rawValue)
    json.member("tag", plan.tag)
    json.member("directory", task)
    json.member("steps", plan.steps, .list(StagingPlan.Step.coding))
    json.endObject()
    json.endLine()
    guard write(input, json.bytes, json.bytes.count) == json.bytes.count else { throw TestError("python3 is gone") }
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    switch try JSONValue(json: String(decoding: line, as: UTF8.self)) {
    case .null: return nil
    case .string(let words): return words
    case let other: throw TestError("\(other)")
    }
  }
}
