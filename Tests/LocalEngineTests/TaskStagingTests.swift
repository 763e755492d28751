import Executor
import Glibc
import LocalEngine
import Platform
import SessionModel
import TestSupport
import Testing
import Work

/// What staging does around a task: the model of what it does to files is compared in `StagingTests`.
@Suite struct TaskStagingTests {
  private func input(_ source: String, _ target: String, _ action: StagingDirective.Action = .copy)
    -> StagingDirective
  { StagingDirective(source: source, target: target, action: action) }

  @Test func `a directory that was there is never replaced`() async throws {
    let harness = try localHarness()
    mkdir(harness.directory.path + "/results", 0o700)
    try harness.directory.write("precious", to: "results/kept")
    let summary = try await harness.run([
      shell("onto", "echo 1 > out") {
        $0.after = ["merged"]
        $0.outputs = [input("out", "results")]
      },
      shell("into", "echo 2 > out") { $0.outputs = [input("out", "results/")] },
      shell("merged", "mkdir d; echo 3 > d/more") { $0.outputs = [input("d/", "results")] },
    ])
    #expect(summary.tasks == ["DONE": 2, "FAILED": 1])
    #expect(try harness.details("onto").reason?.contains("'results/' puts it inside") ?? false)
    #expect(harness.directory.text("results/kept") == "precious" && harness.directory.text("results/out") == "2\n")
    #expect(harness.directory.text("results/more") == "3\n")
  }

  @Test func `a checkpoint that is linked in and brought out again stays itself`() async throws {
    let harness = try localHarness()
    try harness.directory.write("state 1\n", to: "state.cpt")
    for action in StagingDirective.Action.allCases {
      let harness = try localHarness()
      try harness.directory.write("state 1\n", to: "state.cpt")
      let summary = try await harness.run([
        shell("update", "echo state 2 >> state.cpt") {
          $0.inputs = [input("state.cpt", "state.cpt", .link)]
          $0.outputs = [input("state.cpt", "state.cpt", action)]
        }
      ])
      let path = harness.directory.path + "/state.cpt"
      #expect(harness.directory.text("state.cpt") == "state 1\nstate 2\n" && linkTarget(path) == nil, "\(action)")
      #expect(summary.tasks == ["DONE": 1], "\(action)")
    }
  }

  @Test func `the task's own files are not written through what was staged`() async throws {
    let harness = try localHarness()
    for name in ["log", "err"] { try harness.directory.write("mine", to: name) }
    let summary = try await harness.run([
      shell("own", "cat; echo said; echo error >&2") {
        $0.stdout = "md.log"
        $0.stderr = "md.err"
        $0.stdin = .text("asked\n")
        $0.preExec = ["true"]
        $0.inputs = [input("log", "md.log", .link), input("err", "md.err", .link)]
      }
    ])
    #expect(summary.tasks == ["DONE": 1])
    #expect(try harness.output("own", "md.log") == "asked\nsaid\n" && harness.output("own", "md.err") == "error\n")
    for name in ["log", "err"] { #expect(harness.directory.text(name) == "mine", "\(name)") }
  }

  @Test func `nothing waits for a pipe without a writer`() async throws {
    let harness = try localHarness()
    #expect(mkfifo(harness.directory.path + "/pipe", 0o600) == 0)
    mkdir(harness.directory.path + "/d", 0o700)
    #expect(mkfifo(harness.directory.path + "/d/pipe", 0o600) == 0)
    let summary = try await harness.run([
      shell("input", "true") { $0.inputs = [input("pipe", "pipe")] },
      shell("inside", "true") { $0.inputs = [input("d", "d")] },
      shell("read", "cat") { $0.stdin = .file("pipe") }, shell("device", "cat") { $0.stdin = .file("/dev/zero") },
      shell("output", "mkfifo p") { $0.outputs = [input("p", "p")] },
    ])
    #expect(summary.tasks == ["FAILED": 5])
    for name in ["read", "device"] {
      #expect(try harness.details(name).reason?.hasSuffix("it is no regular file") ?? false)
    }
    #expect(try harness.details("inside").reason?.contains("d/pipe is neither a file") ?? false)
  }

  @Test func `a retry begins with nothing of the attempt before, and with its inputs`() async throws {
    let harness = try localHarness()
    try harness.directory.write("input", to: "in")
    let summary = try await harness.run([
      shell("again", "cat in; echo more >> in; [ $SCALEMS_ATTEMPT = 2 ] && exit; echo partial > out; exit 1") {
        $0.retries = 1
        $0.inputs = [input("in", "in", .move)]
        $0.outputs = [input("out", "out")]
      },
      shell("second", "cat in; [ $SCALEMS_ATTEMPT = 2 ]") {
        $0.retries = 1
        $0.after = ["again"]
        $0.inputs = [input("in", "in", .move)]
      },
    ])
    #expect(summary.tasks == ["FAILED": 1, "CANCELED": 1], "its output is that of a failed attempt")
    let uid = try harness.details("again").id.uid
    #expect(try harness.details("again").reason?.hasPrefix("the output 'out' does not exist") ?? false)
    #expect(try harness.output("again") == "input" && !harness.directory.exists("out"))
    #expect(harness.directory.text("tasks/\(uid).attempt1/out") == "partial\n")
    #expect(harness.directory.text("in") == "input", "a moved input stays until the task is DONE")
  }

  @Test func `a moved input goes when the task is done`() async throws {
    let harness = try localHarness()
    try harness.directory.write("input", to: "in")
    let summary = try await harness.run([
      shell("again", "cat in; echo more >> in; [ $SCALEMS_ATTEMPT = 2 ]") {
        $0.retries = 1
        $0.inputs = [input("in", "in", .move)]
      }
    ])
    #expect(summary.tasks == ["DONE": 1] && !harness.directory.exists("in"))
    #expect(try harness.output("again") == "input")
  }

  @Test func `patterns, directories and the home directory`() async throws {
    let harness = try localHarness()
    mkdir(harness.directory.path + "/frames", 0o700)
    for name in ["a.xtc", "b.xtc", "c[1].xtc", ".hidden.xtc", "d.trr"] {
      try harness.directory.write(name, to: "frames/\(name)")
    }
    let summary = try await harness.run([
      shell("all", "ls -A; mkdir sub; touch x.gro y.gro sub/z.gro") {
        $0.inputs = [input("frames/*.xtc", "*.xtc"), input("frames/c[1].xtc", "one"), input("/etc/h*s", "hosts")]
        $0.outputs = [input("*.gro", "*.gro"), input("su[b]/?.gro", "deep/")]
      },
      shell("none", "true") { $0.outputs = [input("*.edr", "*.edr")] },
      shell("many", "touch a.x b.x") { $0.outputs = [input("*.x", "one.x")] },
      shell("missing", "true") { $0.inputs = [input("~/no such file", "x"), input("$HOME/nor this", "y")] },
      shell("stdin", "cat") {
        $0.inputs = [input("frames/*.xtc", "in/"), input("frames/d.trr", "d")]
        $0.stdin = .file("in/a.xtc")
      },
    ])
    #expect(summary.tasks == ["DONE": 2, "FAILED": 3])
    #expect(try harness.output("all") == "a.xtc\nb.xtc\nc[1].xtc\nhosts\none\nstderr\nstdout\n")
    #expect(["x.gro", "y.gro", "deep/z.gro"].allSatisfy(harness.directory.exists))
    #expect(try harness.details("none").reason?.hasPrefix("the output '*.edr' matches no file") ?? false)
    #expect(try harness.details("many").reason?.contains("stands for 2 files") ?? false)
    #expect(
      try harness.details("missing").reason
        == "the input '~/no such file' does not exist (looked for \(homeDirectory())/no such file)")
  }

  @Test func `files of every kind arrive whole`() async throws {
    let harness = try localHarness()
    let big = harness.directory.path + "/sparse"
    let file = open(big, O_WRONLY | O_CREAT, 0o640)
    ftruncate(file, 300 << 20)
    pwrite(file, "middle", 6, 200 << 20)
    close(file)
    symlink("sparse", harness.directory.path + "/latest")
    let summary = try await harness.run([
      shell("look", "cmp sparse latest && du -k sparse latest | cut -f1 && wc -l < status && stat -c %a sparse") {
        $0.inputs = [
          input("sparse", "sparse"), input("latest", "latest"), input("/proc/self/status", "status"),
        ]
      }
    ])
    #expect(summary.tasks == ["DONE": 1])
    let lines = try harness.output("look").split(separator: "\n").compactMap { Int($0) }
    #expect(lines.count == 4 && lines[0] < 2000 && lines[1] < 2000 && lines[2] > 20 && lines[3] == 640, "\(lines)")
  }

  @Test func `staging is ended by a cancel and by the time limit`() async throws {
    let harness = try localHarness()
    let file = open(harness.directory.path + "/huge", O_WRONLY | O_CREAT, 0o600)
    let block = [UInt8](repeating: 7, count: 1 << 20)
    for _ in 0..<512 where write(file, block, block.count) != block.count { throw TestError("no room for 512 MB") }
    close(file)
    try await harness.executor.startup()
    try await harness.executor.submit([
      shell("limited", "true") {
        $0.inputs = [input("huge", "huge")]
        $0.timeout = 0.02
      },
      shell("canceled", "sleep 60") { $0.inputs = [input("huge", "huge")] },
    ])
    try await harness.wait(for: "the staging to begin") { $0.tasks.count >= 2 }
    _ = await harness.executor.perform(.cancel([TaskID(1)]), sender: "tester")
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["FAILED": 1, "CANCELED": 1])
    #expect(try harness.details("limited").reason?.contains("time limit") ?? false)
    #expect(directoryEntries("\(harness.directory.path)/tasks/task.000000").isEmpty, "nothing half is left")
  }
}
