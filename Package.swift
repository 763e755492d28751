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
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // No `pkgConfig:`: Debian's ncursesw.pc carries -D flags that SwiftPM prohibits and warns about on every build.
    .systemLibrary(name: "CNcurses", path: "CNcurses", providers: [.apt(["libncurses-dev"])]),
    .target(name: "CTaskLaunch"),
    .target(name: "Platform", dependencies: ["CTaskLaunch"]),
    .target(name: "JSON"),
    .target(name: "Work", dependencies: ["JSON"]),
    .target(name: "SessionModel", dependencies: ["Work"]),
    .target(name: "Wire", dependencies: ["JSON", "SessionModel", "Work"]),
    .target(
      name: "Executor",
      dependencies: ["SessionModel", "Work", .product(name: "Logging", package: "swift-log")]),
    .target(
      name: "LocalEngine",
      dependencies: ["CTaskLaunch", "Executor", "JSON", "Platform", "SessionModel", "Wire", "Work"],
      // In the binary, which is all that is installed.
      resources: [.embedInCode("function_worker.py")]
    ),
    .target(
      name: "RadicalEngine",
      dependencies: ["Executor", "JSON", "Leftovers", "Platform", "SessionModel", "Wire", "Work"],
      resources: [.embedInCode("Helper/radical_helper.py"), .embedInCode("Helper/scalems_raptor.py")]),
    .target(
      name: "SessionLink",
      dependencies: [
        "JSON", "Platform", "SessionModel", "Wire", "Work", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(name: "Leftovers", dependencies: ["Platform"]),
    .target(name: "WorkflowFile", dependencies: ["JSON", "Work", "Yams"]),
    .target(name: "Terminal", dependencies: ["CNcurses"]),
    .target(name: "Interface", dependencies: ["SessionModel", "Terminal", "Work"]),
    .executableTarget(
      name: "scalems-top",
      dependencies: [
        "Executor", "Interface", "JSON", "Leftovers", "LocalEngine", "Platform", "RadicalEngine", "SessionLink",
        "SessionModel", "Terminal", "Wire", "Work", "WorkflowFile",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    // What tests of real processes share.
    .target(
      name: "TestSupport",
      dependencies: [
        "CTaskLaunch", "Executor", "JSON", "Leftovers", "Platform", "SessionLink", "SessionModel", "Wire", "Work",
      ],
      path: "Tests/TestSupport"),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"]),
    .testTarget(name: "WorkTests", dependencies: ["JSON", "TestSupport", "Work"]),
    .testTarget(name: "SessionModelTests", dependencies: ["SessionModel", "TestSupport", "Work"]),
    .testTarget(name: "WireTests", dependencies: ["JSON", "SessionModel", "TestSupport", "Wire", "Work"]),
    .testTarget(
      name: "ExecutorTests",
      dependencies: [
        "Executor", "JSON", "SessionModel", "TestSupport", "Wire", "Work", "WorkflowFile",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(
      name: "SessionLinkTests",
      dependencies: [
        "SessionLink", "SessionModel", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(name: "WorkflowFileTests", dependencies: ["WorkflowFile"]),
    .testTarget(
      name: "InterfaceTests", dependencies: ["Interface", "SessionModel", "Terminal"], exclude: ["Goldens"]),
    // Real processes: these need the built `scalems-top`, so they depend on it.
    .testTarget(
      name: "LocalEngineTests", dependencies: ["LocalEngine", "Platform", "TestSupport", "Wire", "Work", "scalems-top"]),
    .testTarget(name: "LeftoversTests", dependencies: ["Leftovers", "Platform", "TestSupport"]),
    // What of the engine needs no RADICAL-Pilot.
    .testTarget(
      name: "RadicalUnitTests",
      dependencies: ["Executor", "Leftovers", "Platform", "RadicalEngine", "SessionModel", "TestSupport"],
      exclude: ["fake_python"]),
    .testTarget(
      name: "RadicalEngineTests",
      dependencies: [
        "Executor", "Leftovers", "Platform", "RadicalEngine", "SessionLink", "SessionModel", "TestSupport",
        "scalems-top", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // Sessions on a Slurm, which `make test-slurm` starts.
    .testTarget(
      name: "SlurmTests",
      dependencies: [
        "Leftovers", "Platform", "SessionLink", "SessionModel", "TestSupport", "scalems-top",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Leftovers", "Platform", "SessionLink", "SessionModel", "TestSupport", "scalems-top",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// Set by `make test`: warnings of our own targets are errors there; those of the dependencies stay theirs.
if Context.environment["SCALEMS_WARNINGS"] == "error" {
  for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}
