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
    if os.geteuid() == 0 and sys.argv[2] == "drop":
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    for line in sys.stdin.buffer:
        try:
            plan = json.loads(line.decode())
            brought = None
            if "brought" in plan:
                brought = stage.Brought(plan["brought"], plan["task"], plan["label"], plan["ordered"])
            stage.remove(stage.Plan(plan, None, brought).run())
            said = brought.meetings if brought else None
        except stage.Refused as refusal:
            said = str(refusal)
        print(json.dumps(said), flush=True)
    """

  private let input: Int32
  private let output: Int32
  private let process: pid_t

  /// - Parameter dropsRights: whether root's are given up.
  init(dropsRights: Bool = true) throws {
    let requests = try Pipe()
    let answers = try Pipe()
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    guard let python = programPath("python3", in: path) else { throw TestError("there is no python3") }
    let program = "\(packageRoot)/Sources/RadicalEngine/Helper/scalems_stage.py"
    let start = ProcessStart(
      program: python,
      arguments: [
        "python3", "-I", "-S", "-X", "utf8", "-B", "-c", Self.driver, program, dropsRights ? "drop" : "keep",
      ],
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

  /// - Parameter session: the directory that has the table of who brought what.
  /// - Returns: the files that came in place of other tasks'.
  func bring(
    _ plan: StagingPlan, noting session: String, _ uid: String, _ label: String, _ isOrdered: Bool
  ) throws -> [StagingMeeting] {
    close(open("\(session)/brought", O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
    let answer = try ask(plan, task: "/nonexistent") { json in
      json.member("brought", "\(session)/brought")
      json.member("task", uid)
      json.member("label", label)
      json.member("ordered", isOrdered)
    }
    guard case .array(let meetings) = answer else { throw TestError("\(answer)") }
    return try meetings.map { meeting in
      guard case .array(let texts) = meeting, texts.count == 3,
        case (.string(let path), .string(let earlier), .string(let later)) = (texts[0], texts[1], texts[2])
      else { throw TestError("\(meeting)") }
      return StagingMeeting(path: path, earlier: earlier, later: later)
    }
  }

  func bring(_ plan: StagingPlan, task: String) throws -> String? {
    switch try ask(plan, task: task) {
    case .null: return nil
    case .string(let words): return words
    case let other: throw TestError("\(other)")
    }
  }

  private func ask(
    _ plan: StagingPlan, task: String, _ more: (inout JSONWriter) -> Void = { _ in }
  ) throws -> JSONValue {
    var json = JSONWriter()
    json.beginObject()
    more(&json)
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
    return try JSONValue(json: String(decoding: line, as: UTF8.self))
  }
}
