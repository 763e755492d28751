import Glibc
import Platform
import Testing
import Work

/// What staging comes to on every engine; every kind of file is compared with a model in `StagingTests`.
enum StagingContract {
  static let outcomes = ["DONE": 9, "FAILED": 4]

  private static func bring(
    _ source: String, _ target: String, _ action: StagingDirective.Action = .copy
  ) -> StagingDirective { StagingDirective(source: source, target: target, action: action) }

  static func items(_ harness: EngineHarness) throws -> [WorkItem] {
    let directory = harness.directory
    for name in ["results", "frames"] { mkdir("\(directory.path)/\(name)", 0o700) }
    for name in ["results/kept", "frames/a.xtc", "frames/b.xtc", "moved", "log"] {
      try directory.write("old", to: name)
    }
    for name in ["state.cpt", "moved.cpt"] { try directory.write("state 1\n", to: name) }
    mkfifo("\(directory.path)/pipe", 0o600)
    return [
      shell("into", "echo new > out; mkdir d; echo more > d/more") {
        $0.outputs = [bring("out", "results/"), bring("d/", "results")]
      },
      shell("onto", "echo new > out; echo good > good") {
        $0.after = ["into"]
        $0.outputs = [bring("good", "good"), bring("out", "results")]
      },
      shell("pattern", "ls *.xtc; touch x.gro y.gro") {
        $0.inputs = [bring("frames/*.xtc", "*.xtc")]
        $0.outputs = [bring("*.gro", "gro/")]
      },
      shell("nothing", "true") { $0.outputs = [bring("*.edr", "*.edr")] },
      shell("checkpoint", "echo state 2 >> state.cpt") {
        $0.inputs = [bring("state.cpt", "state.cpt", .link)]
        $0.outputs = [bring("state.cpt", "state.cpt")]
      },
      shell("in-place", "echo state 2 >> moved.cpt") {
        $0.inputs = [bring("moved.cpt", "moved.cpt", .link)]
        $0.outputs = [bring("moved.cpt", "moved.cpt", .move)]
      },
      shell("own", "echo said") {
        $0.stdout = "md.log"
        $0.inputs = [bring("log", "md.log", .link)]
      },
      shell(
        "moved", "cat moved; [ ! -e partial ] || exit 7; touch partial; echo more >> moved; [ $SCALEMS_ATTEMPT = 2 ]"
      ) {
        $0.retries = 1
        $0.inputs = [bring("moved", "moved", .move)]
      },
      shell("partial", "[ $SCALEMS_ATTEMPT = 2 ] && exit; echo partial > half; exit 1") {
        $0.retries = 1
        $0.outputs = [bring("half", "half")]
      },
      shell("pipe", "true") { $0.inputs = [bring("pipe", "pipe")] },
      shell("meets-one", "mkdir d; echo 1 > a.met; echo 1 > d/met") {
        $0.outputs = [bring("*.met", "met/"), bring("d/", "met/d")]
      },
      shell(
        "meets-two",
        "mkdir d; echo 2 > a.met; echo 2 > d/met; until test -s \(directory.path)/met/d/met; do sleep 0.1; done"
      ) {
        $0.outputs = [bring("*.met", "met/"), bring("d/", "met/d")]
      },
      shell("stdin", "cat") {
        $0.inputs = [bring("log", "in/text")]
        $0.stdin = .file("in/text")
      },
    ]
  }

  static func check(_ harness: EngineHarness) throws {
    let directory = harness.directory
    #expect(directory.text("results/kept") == "old" && directory.text("results/out") == "new\n")
    #expect(directory.text("results/more") == "more\n")
    #expect(try harness.details("onto").reason?.contains("'results/' puts it inside") ?? false)
    #expect(!directory.exists("good"), "all outputs, or none")
    #expect(try harness.output("pattern") == "a.xtc\nb.xtc\n" && directory.exists("gro/x.gro"))
    #expect(directory.exists("gro/y.gro"))
    #expect(try harness.details("nothing").reason?.contains("the output '*.edr' matches no file") ?? false)
    #expect(directory.text("moved.cpt") == "state 1\nstate 2\n" && linkTarget(directory.path + "/moved.cpt") == nil)
    #expect(directory.text("state.cpt") == "state 1\nstate 2\n" && linkTarget(directory.path + "/state.cpt") == nil)
    #expect(try harness.output("own", "md.log") == "said\n" && directory.text("log") == "old")
    #expect(try harness.output("moved") == "old" && harness.earlierOutput("moved") == "old")
    #expect(!directory.exists("moved") && !directory.exists("half"))
    #expect(try harness.details("partial").reason?.contains("the output 'half' does not exist") ?? false)
    #expect(try harness.details("pipe").reason?.contains("neither a file nor a directory") ?? false)
    #expect(try harness.output("stdin") == "old")
    #expect(directory.text("met/a.met") == "2\n" && directory.text("met/d/met") == "2\n")
    let log = harness.log(.warning)
    for name in ["a.met", "d/met"] {
      #expect(
        log.contains {
          $0.hasPrefix("\(directory.path)/met/\(name): the file that task meets-one (task.")
            && $0.contains("was replaced by that of task meets-two (task.")
        }, "\(log)")
    }
  }
}
