// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where it is asked for (`make test`), not for everybody who builds with a newer compiler.
let warningsAreErrors = Context.environment["CADUCEUS_WARNINGS_AS_ERRORS"] == "1"

/// Every Swift target is built with the same strictness.
let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

/// And every C target.
let strictC: [CSetting] = warningsAreErrors ? [.treatAllWarnings(as: .error)] : []

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "caduceus",
  products: [
    .executable(name: "caduceus", targets: ["App"]),
    .library(name: "Pipeline", targets: ["Pipeline"]),
    .library(name: "PipelineTesting", targets: ["PipelineTesting"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CHTTP", cSettings: strictC, linkerSettings: [.linkedLibrary("microhttpd")]),
    .target(name: "CCurl", cSettings: strictC, linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "JSON", dependencies: [orderedCollections], swiftSettings: strict),
    .target(
      name: "Pipeline", dependencies: ["CHTTP", "JSON", httpTypes, lifecycle, logging, metrics], swiftSettings: strict),
    .target(name: "PipelineTesting", dependencies: ["Pipeline", "JSON", httpTypes, logging], swiftSettings: strict),
    .target(name: "Store", dependencies: ["JSON", database, logging, yaml], swiftSettings: strict),
    .target(name: "Agents", dependencies: ["CCurl", "JSON", logging], swiftSettings: strict),
    .target(name: "Turns", dependencies: ["Store", "Agents", "JSON", logging, metrics], swiftSettings: strict),
    .target(
      name: "Handlers", dependencies: ["Turns", "Store", "Pipeline", "JSON", httpTypes, logging], swiftSettings: strict),
    .executableTarget(
      name: "App",
      dependencies: [
        "Handlers", "Turns", "Store", "Agents", "Pipeline", "JSON", argumentParser, httpTypes, lifecycle, logging,
        signals,
        yaml,
      ],
      resources: [.copy("Page")],
      swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
    .testTarget(
      name: "PipelineTests", dependencies: ["Pipeline", "PipelineTesting", "JSON", httpTypes, logging],
      swiftSettings: strict),
    .testTarget(name: "StoreTests", dependencies: ["Store", "JSON", database, logging], swiftSettings: strict),
    .testTarget(name: "AgentsTests", dependencies: ["Agents", "JSON", logging], swiftSettings: strict),
    .testTarget(
      name: "AppTests",
      dependencies: [
        "App", "Handlers", "Turns", "Store", "Agents", "Pipeline", "PipelineTesting", "JSON", httpTypes, logging,
      ],
      swiftSettings: strict),
  ]
)
