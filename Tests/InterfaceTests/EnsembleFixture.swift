import SessionModel
import Terminal
import Work

@testable import Interface

extension Fixture {
  /// A pipeline: one task before, two ensembles of 40 of which the second follows the first, one task after.
  static func ensembles(isASCII: Bool = false, rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = Fixture(isASCII: isASCII, isFlat: false, rows: rows, columns: columns)
    fixture.open()
    fixture.add("prepare", argv: ["gmx", "grompp", "-f", "md.mdp"])
    fixture.add("equilibrate", count: 40, argv: ["gmx", "mdrun", "-deffnm", "eq{member}"])
    fixture.add("production-run", count: 40, argv: ["gmx", "mdrun", "-deffnm", "md{member}"])
    fixture.add("bar-analysis", argv: ["gmx", "bar"])
    fixture.events(.workflowComplete)
    fixture.move([0], .agentExecuting)
    fixture.wait(1)
    fixture.move([0], .done, TaskResult(exitCode: 0))
    fixture.move(1...40, .agentSchedulingPending)
    fixture.move(1...40, .agentExecuting)
    fixture.wait(8)
    fixture.move(1...39, .done, TaskResult(exitCode: 0, user: 7.5, peakMemory: 200_000))
    fixture.move([40], .failed, TaskResult(exitCode: 2, reason: "exit 2: cannot open topol.tpr"))
    fixture.move([80], .canceled, TaskResult(reason: "equilibrate.39 is FAILED"))
    fixture.move(41...63, .agentSchedulingPending)
    fixture.move(41...46, .agentExecuting)
    fixture.wait(5)
    fixture.move(41...42, .done, TaskResult(exitCode: 0))
    fixture.move([43], .failed, TaskResult(signal: 11, reason: "SIGSEGV"))
    fixture.move(47...49, .agentExecuting)
    fixture.wait(2)
    fixture.settle()
    return fixture
  }
}
