import SessionModel
import Testing
import WorkflowFile

@Suite("Problems of a task")
struct TaskProblemTests {
  @Test func unknownKeysSuggestTheNearest() {
    #expect(
      problemsOfTask("argvv: 1", "tiemout: 5", "executable: x", "zzz: 1") == [
        "4:5: unknown key 'argvv' in task 't' (did you mean 'argv'?)",
        "5:5: unknown key 'tiemout' in task 't' (did you mean 'timeout'?)",
        "6:5: unknown key 'executable' in task 't' (the program is the first entry of 'argv')",
        "7:5: unknown key 'zzz' in task 't'",
      ])
  }

  @Test(arguments: [
    ("timeout: -5", "4:14: 'timeout' in task 't' must be more than 0 seconds, found '-5'"),
    ("timeout: 0s", "4:14: 'timeout' in task 't' must be more than 0 seconds, found '0'"),
    ("timeout: soon", "4:14: 'timeout' in task 't' must be seconds or a duration such as 90s, 5m or 2h, found 'soon'"),
    ("timeout: [1]", "4:14: 'timeout' in task 't' must be seconds or a duration such as 90s, 5m or 2h, found a list"),
    ("retries: -1", "4:14: 'retries' in task 't' must be a whole number of at least 0, found '-1'"),
    ("retries: 1.5", "4:14: 'retries' in task 't' must be a whole number of at least 0, found '1.5'"),
    ("retries: 1000", "4:14: 'retries' in task 't' is too large: 1000, at most 250 is possible"),
    ("ranks: 0", "4:12: 'ranks' in task 't' must be a whole number of at least 1, found '0'"),
    ("ranks: '2'", "4:12: 'ranks' in task 't' must be a whole number of at least 1, found '2'"),
    ("gpus_per_rank: -1", "4:20: 'gpus_per_rank' in task 't' must be a whole number of at least 0, found '-1'"),
    (
      "launcher: mpi",
      "4:15: 'launcher' in task 't' must be one of auto, none, mpirun, mpiexec, srun, found 'mpi'"
    ),
    ("launcher: [srun]", "4:15: 'launcher' in task 't' must be text, found a list"),
    ("resources: 4", "4:16: 'resources' in task 't' must be a mapping (key: value), found '4'"),
    (
      "resources: {cores_per_ran: 4}",
      "4:17: unknown key 'cores_per_ran' in 'resources' in task 't' (did you mean 'cores_per_rank'?)"
    ),
    ("raptor: maybe", "4:13: 'raptor' in task 't' must be true or false, found 'maybe'"),
    (
      "stdout: /tmp/x",
      "4:13: 'stdout' in task 't' must be a file name inside the task's directory, without '/', found '/tmp/x'"
    ),
    (
      "stderr: ../x",
      "4:13: 'stderr' in task 't' must be a file name inside the task's directory, without '/', found '../x'"
    ),
    ("stdin: {fil: x}", "4:13: unknown key 'fil' in 'stdin' in task 't' (did you mean 'file'?)"),
    ("environment: [A=1]", "4:18: 'environment' in task 't' must be a mapping (key: value), found a list"),
    ("environment: {A=B: 1}", "4:19: 'A=B' cannot be the name of an environment variable"),
    (
      "environment: {A: }",
      "4:22: 'A' of 'environment' in task 't' has no value; write '' for an empty text, or quotes around ''"
    ),
    (
      "pre_exec: [a: b]",
      "4:16: an entry of 'pre_exec' in task 't' must be text, found a mapping; a text with ': ' in it needs quotes"
    ),
    ("ensemble: 0", "4:15: 'ensemble' in task 't' must be a whole number of at least 1, found '0'"),
    (
      "ensemble: [2, 3]",
      "4:15: 'ensemble' in task 't' must be one number: only one-dimensional ensembles are supported"
    ),
    ("ensemble: 3000000000", "4:15: 'ensemble' in task 't' is too large: 3000000000, at most 100000000 is possible"),
    ("stdin: 'x {member}'", "4:12: 'stdin' in task 't' has {member}, but the task is no ensemble (ensemble: N)"),
    ("stdin: \"a\\0b\"", "4:12: 'stdin' in task 't' holds a NUL character, which no program can be given"),
    ("command: echo", "4:5: task 't' has both 'argv' and 'command'; give one of them"),
    ("after: t", "4:12: tasks wait for each other: t → t"),
    ("[1, 2]: x", "4:5: a key of task 't' must be text, found a list"),
  ])
  func wrongValues(line: String, message: String) {
    let found = problemsOfTask(line)
    // Some of these keys hold two problems at once; the one in question must be there as it stands.
    #expect(found.contains(message), "\(found)")
  }

  @Test(arguments: [
    (
      "inputs: [a > b]",
      "4:14: an entry of 'inputs' in task 't' is a path; for another name write {source: PATH, target: PATH}"
    ),
    ("inputs: [{target: b}]", "4:14: an entry of 'inputs' in task 't' has no 'source'"),
    (
      "inputs: [{source: b, action: steal}]",
      "4:34: the 'action' in 'inputs' in task 't' must be copy, link or move, found 'steal'"
    ),
    (
      "outputs: ['sesion:///x']",
      "4:15: an entry of 'outputs' in task 't' has an unknown scheme 'sesion://' (did you mean 'session'?): there are client:///, session:/// and task:///"
    ),
    ("inputs: ['session://x']", "4:14: an entry of 'inputs' in task 't' needs three slashes: session:///x"),
    (
      "inputs: ['session:///../x']",
      "4:14: an entry of 'inputs' in task 't' must not leave its directory with '..', found 'session:///../x'"
    ),
    ("outputs: [../x]", "4:15: an entry of 'outputs' in task 't' must not leave its directory with '..', found '../x'"),
    ("inputs: [..]", "4:14: an entry of 'inputs' in task 't' names no file: '..'"),
    ("inputs: [[a]]", "4:14: an entry of 'inputs' in task 't' must be text, found a list"),
  ])
  func staging(line: String, message: String) {
    #expect(problemsOfTask(line) == [message])
  }

  @Test func aParentDirectoryIsFineOnTheClientsSide() {
    #expect(problemsOfTask("inputs: [../shared/a.txt, /etc/hosts, 'client:///../b']").isEmpty)
  }

  @Test func theProgram() {
    #expect(
      problems("tasks:\n- name: a\n- name: b\n  argv: echo hi\n- name: c\n  argv: ['']\n- name: d\n  argv: [~]\n") == [
        "2:3: task 'a' has neither 'argv' (a program and its arguments) nor 'command' nor 'function'",
        "4:9: 'argv' in task 'b' must be a list, found 'echo hi'; a shell command line goes under 'command'",
        "6:10: 'argv' in task 'c' names no program: it begins with the program to run",
        "8:10: the program of 'argv' in task 'd' has no value; write '' for an empty text, or quotes around '~'",
      ])
  }

  @Test(arguments: [
    ("a/b", "may hold only letters, digits, '_', '-' and '.'"),
    ("a→b", "may hold only letters, digits, '_', '-' and '.'"),
    ("\u{301}a", "must begin with a letter, a digit or '_'"),
    ("'a b'", "may hold only letters, digits, '_', '-' and '.'"),
    (
      "'a{member}'",
      "may hold only letters, digits, '_', '-' and '.' (members are called name.0, name.1 … by themselves)"
    ),
    (".a", "must begin with a letter, a digit or '_'"),
    ("-a", "must begin with a letter, a digit or '_'"),
    ("sim.12", "must not end in a dot and a number: that is how members of an ensemble are called"),
    ("1.5", "must not end in a dot and a number: that is how members of an ensemble are called"),
    ("a.", "must not end in a dot and a number: that is how members of an ensemble are called"),
  ])
  func names(name: String, fault: String) {
    let bare = name.filter { $0 != "'" }
    #expect(problems("tasks: [{name: \(name), argv: [x]}]") == ["1:16: the task name '\(bare)' \(fault)"])
  }

  @Test func resourcesGivenTwice() {
    #expect(
      problemsOfTask("resources: {ranks: 2}", "ranks: 2", "cores_per_rank: 2") == [
        "5:5: 'ranks' is given twice in task 't': here and under 'resources'"
      ])
  }
}

@Suite("Problems of a workflow")
struct WorkflowProblemTests {
  @Test func allAtOnceInTheOrderOfTheFile() {
    let text = """
      enigne: local
      pilot: {cores: none, gpu: 1}
      tasks:
        - name: a
          argv: []
          after: bb
        - name: b/c
          argv: [x]
          retries: -1
        - argv: [y]
        - just text
      """
    #expect(
      problems(text) == [
        "1:1: unknown key 'enigne' in the workflow (did you mean 'engine'?)",
        "2:16: 'cores' of the pilot must be a whole number of at least 1, found 'none'",
        "2:22: unknown key 'gpu' in 'pilot' (did you mean 'gpus'?)",
        "5:11: 'argv' in task 'a' names no program: it begins with the program to run",
        "6:12: task 'a' is after 'bb', which is no task here",
        "7:11: the task name 'b/c' may hold only letters, digits, '_', '-' and '.'",
        "9:14: 'retries' in task 'b/c' must be a whole number of at least 0, found '-1'",
        "10:5: task 3 has no 'name'",
        "11:5: task 4 must be a mapping (key: value), found 'just text'",
      ])
  }

  @Test(arguments: [
    ("", "1:1: the workflow is empty: it needs 'tasks', a list of tasks"),
    ("# nothing\n", "1:1: the workflow is empty: it needs 'tasks', a list of tasks"),
    ("name: x\n", "1:1: the workflow has no 'tasks'"),
    ("tasks: []\n", "1:8: 'tasks' is empty: there is nothing to run"),
    ("tasks: {a: b}\n", "1:8: 'tasks' must be a list (- name: …), found a mapping"),
    ("- a\n", "1:1: a workflow must be a mapping with the key 'tasks', found a list"),
  ])
  func theTopLevel(text: String, message: String) {
    #expect(problems(text) == [message])
  }

  @Test func engines() {
    #expect(
      problems("engine: locl\ntasks: [{name: a, argv: [b]}]\n") == [
        "1:9: unknown engine 'locl' (did you mean 'local'?): there are local and radical"
      ])
  }

  @Test func syntaxErrorsHavePlaces() {
    #expect(
      problems("tasks:\n  - name: a\n    argv: [b\n") == [
        "4:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence (which begins on line 3)"
      ])
    #expect(
      problems("tasks:\n\t- a\n") == [
        "2:1: not YAML: found character that cannot start any token while scanning for the next token"
      ])
    #expect(problems("a: *b\n") == ["1:4: not YAML: found undefined alias"])
    #expect(problems("a: \u{1}\n") == ["1:4: not YAML: control characters are not allowed"])
    #expect(
      problems("a: 1\n---\nb: 1\n") == [
        "2:1: not YAML: but found another document expected a single document in the stream (which begins on line 1)"
      ])
  }

  @Test func duplicateKeysAreReportedWithTheRest() {
    let text = """
      tasks:
        - name: a
          argv: [x]
          timeout: 5
          timeout: 6
          timeout: no
        - {"name": b, argv: [x], "name": c, retriess: 1}
      tasks: []
      """
    #expect(
      problems(text) == [
        "5:5: the key 'timeout' occurs twice in this mapping (first on line 4)",
        "6:5: the key 'timeout' occurs twice in this mapping (first on line 4)",
        "7:28: the key 'name' occurs twice in this mapping (first on line 7)",
        "8:1: the key 'tasks' occurs twice in this mapping (first on line 1)",
        "8:8: 'tasks' is empty: there is nothing to run",
      ])
  }

  @Test func duplicateNames() {
    #expect(
      problems("tasks:\n- {name: a, argv: [x]}\n- {name: a, argv: [x]}\n") == [
        "3:10: there is already a task 'a' (on line 2)"
      ])
  }

  @Test func dependencies() {
    let text = """
      tasks:
      - {name: prepare, argv: [x]}
      - {name: sim, ensemble: 4, argv: [x], after: prepar}
      - {name: post, ensemble: 8, argv: [x], after: "sim.{member}"}
      - {name: last, argv: [x], after: [sim.4, sim.3, prepare.0]}
      - {name: one, argv: [x], after: "sim.{member}"}
      """
    #expect(
      problems(text) == [
        "3:46: task 'sim' is after 'prepar', which is no task here (did you mean 'prepare'?)",
        "4:47: task 'post' has 8 members and each is after its own of 'sim', which has only 4",
        "5:35: task 'last' is after 'sim.4', but 'sim' has the members 0 to 3",
        "5:49: task 'last' is after a member of 'prepare', which is no ensemble: write 'prepare'",
        "6:33: 'after' in task 'one' has {member}, but the task is no ensemble (ensemble: N)",
      ])
  }

  @Test func cyclesAreNamed() {
    let text = """
      tasks:
      - {name: a, argv: [x], after: b}
      - {name: b, argv: [x], after: a}
      - {name: c, argv: [x], after: [d, a]}
      - {name: d, argv: [x], after: e}
      - {name: e, argv: [x], after: c}
      """
    #expect(
      problems(text) == [
        "3:31: tasks wait for each other: a → b → a",
        "6:31: tasks wait for each other: c → d → e → c",
      ])
  }

  @Test func whatThePilotCannotHold() {
    let text = """
      pilot: {cores: 4, gpus: 1}
      tasks:
      - {name: big, argv: [x], ranks: 2, cores_per_rank: 4}
      - {name: fits, argv: [x], cores_per_rank: 4}
      - {name: gpus, argv: [x], gpus_per_rank: 2}
      """
    #expect(
      problems(text) == [
        "3:33: task 'big' needs 8 cores, the pilot has 4",
        "5:42: task 'gpus' needs 2 gpus, the pilot has 1",
      ])
    #expect(
      problems("raptor: true\n" + text) == [
        "4:33: task 'big' needs 8 cores, the pilot has 4, of which the raptor keeps one",
        "5:43: task 'fits' needs 4 cores, the pilot has 4, of which the raptor keeps one",
        "6:42: task 'gpus' needs 2 gpus, the pilot has 1",
      ])
  }

  @Test(arguments: [
    (
      "cores: 1000000000000000000",
      "'cores' of the pilot is too large: 1000000000000000000, at most 100000000 is possible"
    ),
    ("cores: 0", "'cores' of the pilot must be a whole number of at least 1, found '0'"),
    (
      "cores: -9223372036854775808",
      "'cores' of the pilot must be a whole number of at least 1, found '-9223372036854775808'"
    ),
    ("cores: 1e300", "'cores' of the pilot must be a whole number of at least 1, found '1e300'"),
    ("gpus: 100000001", "'gpus' of the pilot is too large: 100000001, at most 100000000 is possible"),
    ("gpus: -1", "'gpus' of the pilot must be a whole number of at least 0, found '-1'"),
    ("runtime: 1e300", "'runtime' of the pilot is too large: 1e+300 seconds, at most 1000000000 are possible"),
    ("runtime: 1e308d", "'runtime' of the pilot is too large: inf seconds, at most 1000000000 are possible"),
    ("runtime: 1e999", "'runtime' of the pilot is too large: inf seconds, at most 1000000000 are possible"),
    ("runtime: -1e300", "'runtime' of the pilot must be more than 0 seconds, found '-1e+300'"),
    ("runtime: 0", "'runtime' of the pilot must be more than 0 seconds, found '0'"),
    ("runtime: .nan", "'runtime' of the pilot must be seconds or a duration such as 90s, 5m or 2h, found '.nan'"),
  ])
  func numbersOfThePilot(line: String, message: String) {
    let found = problems("pilot: {\(line)}\ntasks: [{name: a, argv: [b]}]\n")
    #expect(found.count == 1 && found[0].hasSuffix(": \(message)"), "\(found)")
  }

  @Test func everythingThatIsWrongIsSaidAtOnce() {
    let text = """
      tasks:
      - name: a
        argv: [x, [y], ""]
        environment: {A: [1], "B=": 2, C: "\\0"}
        inputs: [[z], "http://x/y", {source: [q], target: r}, ../in, {source: s, target: ../t}]
        pre_exec: ["", [x]]
        after: [[a], nothing]
        ranks: two
        cores_per_rank: 0
      - {name: b, function: {module: 1m, name: f, args: [.inf], kwargs: {a-b: 1}}, timeout: 1e300, retries: x}
      """
    #expect(
      problems(text).map { $0.prefix { $0 != " " } } == [
        "3:13:", "4:20:", "4:25:", "4:37:", "5:12:", "5:17:", "5:40:", "5:84:", "6:14:", "6:18:", "7:11:", "7:16:",
        "8:10:", "9:19:", "10:32:", "10:52:", "10:68:", "10:87:", "10:103:",
      ], "\(problems(text).joined(separator: "\n"))")
  }

  @Test func theRaptor() {
    #expect(
      problems("raptor: false\ntasks: [{name: a, argv: [b], raptor: true}]\n") == [
        "2:38: task 'a' goes through the raptor, but the workflow says 'raptor: false'"
      ])
    #expect(
      problems("pilot: {cores: 1}\ntasks: [{name: a, argv: [b], raptor: true}]\n") == [
        "1:8: a pilot with a raptor needs at least 2 cores: the raptor keeps one for itself"
      ])
  }

  @Test func aProblemOfAnAnchorIsReportedOncePerTask() {
    #expect(
      problems("x-a: &a {retrys: 1}\ntasks: [{name: a, argv: [b], <<: *a}]\n") == [
        "1:10: unknown key 'retrys' in task 'a' (did you mean 'retries'?)"
      ])
  }

  @Test func listsOfProblemsCanBeCutShort() {
    let all = WorkflowErrors((1...5).map { WorkflowError(path: "f", line: $0, column: 1, message: "bad") })
    #expect(all.description(limit: 2) == "f:1:1: bad\nf:2:1: bad\nf: and 3 more problems")
  }
}
