// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "scalems-top",
  products: [
    .executable(name: "scalems-top", targets: ["scalems-top"]),
    // The executor core for Swift programs: import Executor, LocalEngine, SessionModel, SessionLink.
    .library(name: "ScalemsExecutor", targets: ["Executor", "LocalEngine", "SessionModel", "SessionLink"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // No `pkgConfig:`: Debian's ncursesw.pc carries -D flags that SwiftPM prohibits and warns about on every build.
    .systemLibrary(name: "CNcurses", path: "CNcurses", providers: [.apt(["libncurses-dev"])]),
    .target(name: "CTaskLaunch"),
    .target(name: "Words"),
    .target(
      name: "Platform",
      dependencies: ["CTaskLaunch", "Words", .product(name: "SystemPackage", package: "swift-system")]),
    .target(name: "JSON"),
    .target(name: "Work", dependencies: ["JSON", "Words"]),
    .target(name: "CFileCopy"),
    .target(
      name: "Staging",
      dependencies: ["CFileCopy", "Platform", "Work", .product(name: "SystemPackage", package: "swift-system")]),
    .target(name: "SessionModel", dependencies: ["Words", "Work"]),
    .target(name: "Wire", dependencies: ["JSON", "SessionModel", "Work"]),
    .target(
      name: "Executor",
      dependencies: ["SessionModel", "Words", "Work"]),
    .target(
      name: "PythonCall", dependencies: ["JSON", "SessionModel", "Wire", "Words", "Work"],
      // In the binary, which is all that is installed.
      resources: [.embedInCode("call.py")]),
    .target(
      name: "LocalEngine",
      dependencies: [
        "Executor", "JSON", "Platform", "PythonCall", "SessionModel", "Staging", "Wire", "Words", "Work",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "RadicalEngine",
      dependencies: [
        "Executor", "JSON", "Leftovers", "Platform", "PythonCall", "SessionModel", "Wire", "Words", "Work",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      resources: [
        .embedInCode("Helper/radical_helper.py"), .embedInCode("Helper/scalems_call.py"),
        .embedInCode("Helper/scalems_raptor.py"), .embedInCode("Helper/scalems_stage.py"),
        .embedInCode("Helper/run_task.py"), .embedInCode("Helper/slurm_reader.py"),
      ]),
    .target(
      name: "TaskOutput",
      dependencies: [
        "Platform", "SessionModel", "Words", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "SessionLink",
      dependencies: [
        "JSON", "Platform", "SessionModel", "TaskOutput", "Wire", "Words", "Work",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(name: "Leftovers", dependencies: ["JSON", "Platform"]),
    .target(
      name: "RadicalWatch",
      dependencies: ["JSON", "Leftovers", "Platform", "SessionModel", "TaskOutput", "Words", "Work"]),
    .target(
      name: "WorkflowFile",
      dependencies: [
        "JSON", "Platform", "Words", "Work", "Yams", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Terminal",
      dependencies: ["CNcurses", "Platform", "Words", .product(name: "SystemPackage", package: "swift-system")]),
    .target(name: "Interface", dependencies: ["SessionModel", "Terminal", "Words", "Work"]),
    .executableTarget(
      name: "scalems-top",
      dependencies: [
        "Executor", "Interface", "JSON", "Leftovers", "LocalEngine", "Platform", "RadicalEngine", "RadicalWatch",
        "SessionLink",
        "SessionModel", "TaskOutput", "Terminal", "Wire", "Words", "Work", "WorkflowFile",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // What tests of real processes share.
    .target(
      name: "TestSupport",
      dependencies: [
        "Executor", "JSON", "Leftovers", "Platform", "SessionModel", "Wire", "Work",
      ],
      path: "Tests/TestSupport"),
    .testTarget(name: "WordsTests", dependencies: ["TestSupport", "Words"]),
    .testTarget(
      name: "PlatformTests",
      dependencies: ["Platform", "TestSupport", .product(name: "SystemPackage", package: "swift-system")]),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
    .testTarget(name: "WorkTests", dependencies: ["JSON", "TestSupport", "Words", "Work"]),
    // The tests of staging act as another user where they are root.
    .target(name: "CTestUser", path: "Tests/CTestUser"),
    .testTarget(
      name: "StagingTests", dependencies: ["CTestUser", "JSON", "Platform", "Staging", "TestSupport", "Wire", "Work"]),
    .testTarget(
      name: "SessionModelTests", dependencies: ["SessionModel", "TestSupport", "Work"], exclude: ["Recorded"]),
    .testTarget(name: "WireTests", dependencies: ["JSON", "SessionModel", "TestSupport", "Wire", "Work"]),
    .testTarget(
      name: "ExecutorTests",
      dependencies: [
        "Executor", "JSON", "SessionModel", "TestSupport", "Wire", "Work", "WorkflowFile",
      ]),
    .testTarget(
      name: "SessionLinkTests",
      dependencies: [
        "JSON", "Platform", "SessionLink", "SessionModel", "TaskOutput", "TestSupport", "Wire", "Words", "Work",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "WorkflowFileTests", dependencies: ["Executor", "JSON", "SessionModel", "Work", "WorkflowFile"]),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal", "TestSupport"], exclude: ["recorded.tsv"]),
    .testTarget(
      name: "InterfaceTests", dependencies: ["Interface", "SessionModel", "Terminal", "TestSupport", "Words", "Work"],
      exclude: ["Goldens"]),
    // Real processes: these need the built `scalems-top`, so they depend on it.
    .testTarget(
      name: "LocalEngineTests",
      dependencies: [
        "Executor", "JSON", "LocalEngine", "Platform", "SessionModel", "TestSupport", "Wire", "Work", "scalems-top",
      ]),
    .testTarget(name: "LeftoversTests", dependencies: ["Leftovers", "Platform", "TestSupport"]),
    .testTarget(
      name: "RadicalWatchTests", dependencies: ["Platform", "RadicalWatch", "SessionModel", "TestSupport", "Work"],
      exclude: ["Recorded"]),
    // What of the engine needs no RADICAL-Pilot.
    .testTarget(
      name: "RadicalUnitTests",
      dependencies: [
        "Executor", "JSON", "Leftovers", "Platform", "RadicalEngine", "SessionModel", "TestSupport", "Words", "Work",
      ],
      exclude: ["fake_python"]),
    .testTarget(
      name: "RadicalEngineTests",
      dependencies: [
        "Executor", "Leftovers", "Platform", "RadicalEngine", "RadicalWatch", "SessionLink", "SessionModel",
        "TestSupport", "Work", "scalems-top", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // Sessions on a Slurm, which `make test-slurm` starts.
    .testTarget(
      name: "SlurmTests",
      dependencies: [
        "Leftovers", "Platform", "RadicalWatch", "SessionLink", "SessionModel", "TestSupport", "Work", "scalems-top",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Leftovers", "Platform", "SessionLink", "SessionModel", "TestSupport", "Work", "scalems-top",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Recorded"]),
  ],
  swiftLanguageModes: [.v6]
)

// Set by `make test`: warnings of our own targets are errors there; those of the dependencies stay theirs.
if Context.environment["SCALEMS_WARNINGS"] == "error" {
  for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}
