import Executor
import SessionModel
import Testing
import Work
import WorkflowFile

@Suite("Reading a workflow file")
struct ReadingTests {
  @Test func everyFieldIsRead() throws {
    let file = try read(
      """
      name: water
      engine: local
      resource: local.localhost
      venv: /opt/venv
      raptor: true
      pilot: {cores: 8, gpus: 2, runtime: 2h}
      tasks:
        - name: prepare
          command: make box > box.gro
        - name: simulate
          argv: [gmx, mdrun, -nt, 1, -maxh, 0.5, yes, 012]
          inputs:
            - box.gro
            - {source: "session:///top/topol.top", target: topol.top, action: link}
          outputs: ["md.{member}.log", {source: md.edr, target: "session:///edr/{member}.edr", action: move}]
          stdin: [first, second]
          environment: {OMP_NUM_THREADS: 2, FLAG: on, VERSION: 1.10, EMPTY: ''}
          stdout: out.txt
          stderr: err.txt
          resources: {ranks: 2, cores_per_rank: 2, gpus_per_rank: 1}
          pre_exec: [module load gromacs]
          timeout: 90s
          raptor: true
          after: [prepare]
          ensemble: 4
          retries: 2
      """)
    #expect(file.name == "water")
    #expect(file.engine == "local")
    #expect(file.resource == "local.localhost")
    #expect(file.venv == "/opt/venv")
    #expect(file.raptor == true)
    #expect(file.pilot == PilotRequest(cores: 8, gpus: 2, runtime: 7200))
    #expect(file.items.count == 2)
    #expect(
      file.items[0] == WorkItem(TaskDescription(name: "prepare", argv: ["/bin/sh", "-c", "make box > box.gro"])))
    let expected = TaskDescription(
      name: "simulate", argv: ["gmx", "mdrun", "-nt", "1", "-maxh", "0.5", "yes", "012"],
      stdin: .text("first\nsecond\n"),
      environment: ["OMP_NUM_THREADS": "2", "FLAG": "on", "VERSION": "1.10", "EMPTY": ""],
      stdout: "out.txt", stderr: "err.txt",
      inputs: [
        StagingDirective(source: "box.gro", target: "box.gro"),
        StagingDirective(source: "session:///top/topol.top", target: "topol.top", action: .link),
      ],
      outputs: [
        StagingDirective(source: "md.{member}.log", target: "md.{member}.log"),
        StagingDirective(source: "md.edr", target: "session:///edr/{member}.edr", action: .move),
      ],
      resources: TaskResources(ranks: 2, coresPerRank: 2, gpusPerRank: 1), preExec: ["module load gromacs"],
      timeout: 90, raptor: true, after: ["prepare"], retries: 2)
    #expect(file.items[1] == WorkItem(expected, shape: [4]))
    #expect(file.taskCount == 5)
    #expect(file.needsRaptor)
  }

  @Test func resourcesMayStandAtTheTask() throws {
    let resources = try task("argv: [a]", "ranks: 3", "cores_per_rank: 2").resources
    #expect(resources == TaskResources(ranks: 3, coresPerRank: 2))
  }

  @Test func `what starts the ranks`() throws {
    for launcher in Launcher.allCases {
      #expect(try task("argv: [a]", "launcher: \(launcher.rawValue)").launcher == launcher)
    }
    func uses(_ lines: String...) throws -> Bool {
      try task("argv: [a]", lines.joined(separator: "\n    ")).usesLauncher
    }
    #expect(try !uses("ranks: 1") && uses("ranks: 2") && !uses("ranks: 2\n    launcher: none"))
    #expect(try uses("launcher: srun") && task("argv: [a]").launcher == .auto)
  }

  @Test func standardInputForms() throws {
    #expect(try task("argv: [a]", "stdin: text").stdin == .text("text"))
    #expect(try task("argv: [a]", "stdin: {file: data/in.txt}").stdin == .file("data/in.txt"))
    #expect(try task("argv: [a]", "stdin: []").stdin == .text(""))
    #expect(try task("argv: [a]", "stdin: ['', b]").stdin == .text("\nb\n"))
  }

  @Test func bothOutputsMayGoToOneFile() throws {
    let task = try task("argv: [a]", "stdout: log", "stderr: log")
    #expect(task.stdout == task.stderr)
  }

  @Test func singleValuesStandForLists() throws {
    let task = try task("argv: [a]", "inputs: data/a.txt", "outputs: out/b.txt", "pre_exec: cd x")
    #expect(task.inputs == [StagingDirective(source: "data/a.txt", target: "a.txt")])
    #expect(task.outputs == [StagingDirective(source: "out/b.txt", target: "b.txt")])
    #expect(task.preExec == ["cd x"])
  }

  @Test(arguments: [
    ("30", 30.0), ("0.5", 0.5), ("90s", 90), ("5m", 300), ("2h", 7200), ("1.5h", 5400), ("1d", 86400), ("'10'", 10),
  ])
  func durations(text: String, seconds: Double) throws {
    #expect(try task("argv: [a]", "timeout: \(text)").timeout == seconds)
  }

  @Test func jsonIsYAML() throws {
    let file = try read(
      """
      {
      \t"pilot": {"cores": 2},
      \t"tasks": [
      \t\t{"name": "a", "argv": ["echo", "4", 4, "tab\\tand \\u00e4"]},
      \t\t{"name": "b", "argv": ["true"], "after": "a", "raptor": false}
      \t]
      }
      """)
    #expect(file.items[0].description.argv == ["echo", "4", "4", "tab\tand ä"])
    #expect(file.items[1].description.after == ["a"])
  }

  @Test func problemsInJSONHavePlaces() {
    #expect(
      problems(#"{"tasks": [{"name": "a", "argv": [], "timeout": -1, "argvv": 2}]}"#) == [
        "1:34: 'argv' in task 'a' names no program: it begins with the program to run",
        "1:49: 'timeout' in task 'a' must be more than 0 seconds, found '-1'",
        "1:53: unknown key 'argvv' in task 'a' (did you mean 'argv'?)",
      ])
  }

  @Test func anchorsAndMergeKeys() throws {
    let file = try read(
      """
      x-defaults: &defaults
        environment: {A: 1}
        retries: 3
        timeout: 5m
      x-more: &more {retries: 7, stdout: out}
      tasks:
        - {name: a, argv: &run [echo, hi], <<: *defaults, retries: 1}
        - {name: b, argv: *run, <<: [*defaults, *more]}
      """)
    #expect(file.items[0].description.retries == 1)
    #expect(file.items[0].description.timeout == 300)
    #expect(file.items[1].description.argv == ["echo", "hi"])
    #expect(file.items[1].description.retries == 3)
    #expect(file.items[1].description.stdout == "out")
  }

  @Test func dependenciesOnMembers() throws {
    let file = try read(
      """
      tasks:
        - {name: s.x, ensemble: 3, argv: [a]}
        - {name: t, ensemble: [3], argv: [a], after: "s.x.{member}"}
        - {name: u, argv: [a], after: [s.x.2, t]}
      """)
    #expect(file.items[1].shape == [3])
    #expect(file.items[2].description.after == ["s.x.2", "t"])
  }

  @Test func lineEndsAndByteOrderMark() throws {
    #expect(try read("tasks:\r\n- name: a\r\n  argv: [b]\r\n").items.count == 1)
    #expect(problems("tasks:\r\n- name: a\r\n  argv: [b]\r\n  x: 1\r\n") == ["4:3: unknown key 'x' in task 'a'"])
  }

  @Test func quotedWordsAreText() throws {
    let task = try task("argv: ['null', \"~\", !!str 5]", "environment: {A: 'null'}")
    #expect(task.argv == ["null", "~", "5"])
    #expect(task.environment == ["A": "null"])
  }

  @Test func raptorIsWantedWhenATaskWantsIt() throws {
    #expect(try !read("tasks: [{name: a, argv: [b]}]").needsRaptor)
    #expect(try read("tasks: [{name: a, argv: [b], raptor: true}]").needsRaptor)
  }

  @Test func theCoreTakesWhatIsRead() throws {
    let file = try read(
      """
      tasks:
      - {name: a, argv: [b], ensemble: 2}
      - {name: c, argv: [d], after: a.1}
      - {name: e, argv: [d], ensemble: 2, after: ["a.{member}", c]}
      """)
    var workflow = Workflow()
    #expect(try workflow.add(file.items).map(\.count) == [2, 1, 2])
  }
}
