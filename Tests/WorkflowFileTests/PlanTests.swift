import Testing
import WorkflowFile

@Suite("The plan")
struct PlanTests {
  @Test func columnsAndTotals() throws {
    let file = try read(
      """
      name: water
      pilot: {cores: 8, runtime: 90m}
      tasks:
        - {name: prepare, argv: [x], timeout: 90}
        - {name: simulate, argv: [x], ensemble: 24, ranks: 2, cores_per_rank: 2, retries: 1, after: prepare}
        - {name: watch, argv: [x], raptor: true}
        - {name: analyse, argv: [x], after: [simulate, watch]}
      """)
    #expect(
      plan(of: file).text == """
        workflow  water
        engine    local, with a raptor
        pilot     8 cores, for 1h30m

        task      members  cores  timeout  retries  raptor  after
        prepare                1    1m30s
        simulate     × 24  2 × 2                 1          prepare
        watch                  1                    raptor
        analyse                1                            simulate, watch

        27 tasks in 4 items, the largest needs 4 cores (simulate)
        longest chain: 3 levels (prepare → simulate → analyse)
        can start at once: 2 tasks (prepare, watch)
        """)
  }

  @Test func oneTask() throws {
    #expect(
      plan(of: try read("tasks: [{name: a, argv: [x]}]")).text == """
        engine    local
        pilot     as the engine offers

        task  cores
        a         1

        1 task in 1 item, the largest needs 1 core
        longest chain: 1 level (a)
        can start at once: 1 task (a)
        """)
  }

  @Test func longChainsAreCutShort() throws {
    let tasks = (0..<500).map { "- {name: t\($0)x, argv: [x]\($0 == 0 ? "" : ", after: t\($0 - 1)x")}\n" }
    let text = plan(of: try read("tasks:\n" + tasks.joined())).text
    #expect(text.contains("longest chain: 500 levels (t0x → t1x → t2x → t3x → … 494 more … → t498x → t499x)"))
  }
}
