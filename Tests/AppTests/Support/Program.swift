import Foundation

/// A built program that a test runs as a child.
struct Program: Sendable {
  private let path: String

  /// `caduceus`, which is built beside the tests.
  ///
  /// - Throws: ``FixtureError`` when it is not there.
  static func caduceus() throws -> Program {
    let folder = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path
    for place in [Bundle.main.bundlePath, folder, SourceFile.repository + "/.build/debug"] {
      let path = place + "/caduceus"
      if FileManager.default.isExecutableFile(atPath: path) { return Program(path: path) }
    }
    throw FixtureError("the program caduceus is missing beside the tests; build it with swift build")
  }

  /// Runs to the end; what it writes on both outputs is one text.
  func run(_ arguments: [String], environment: [String: String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
