import Foundation
import Glibc
import Testing

@testable import Agents

/// The model server double that the whole project shares, as a child process.
final class FakeModelServer: Sendable {
  /// The base address for a ``ModelEndpoint``.
  let baseURL: String
  private let process: Process
  private let log: URL

  /// Starts it and waits until it listens.
  init() async throws {
    let script = try FakeModelServer.script()
    let port = try FakeModelServer.freePort()
    baseURL = "http://127.0.0.1:\(port)/v1"
    log = FileManager.default.temporaryDirectory.appendingPathComponent("fake-model-\(UUID().uuidString).log")
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Ends by itself when a test run dies before it could end it.
    process.arguments = ["timeout", "--signal=KILL", "300", "python3", script.path, "\(port)", log.path]
    // A child that kept the output of the tests open would keep their caller waiting.
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<600 {
      if await isListening() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("The model server double did not begin to listen.")
  }

  /// What it wrote about the requests: one JSON object a line.
  var requests: String {
    get throws { try String(contentsOf: log, encoding: .utf8) }
  }

  deinit {
    // The group of `timeout`. Not a polite signal: children inherit the blocked signals of the thread that made them.
    kill(-process.processIdentifier, SIGKILL)
    // The file is not there when nothing was asked.
    try? FileManager.default.removeItem(at: log)
  }

  private static func script() throws -> URL {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["CADUCEUS_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    let script = shared.appendingPathComponent("tools/fake_llm.py")
    try #require(
      FileManager.default.fileExists(atPath: script.path),
      "The model server double \(script.path) is missing; set CADUCEUS_SHARED to the folder that holds tools/.")
    return script
  }

  /// A port that was free a moment ago.
  private static func freePort() throws -> UInt16 {
    try ScriptedServer(answer: "").port
  }

  private func isListening() async -> Bool {
    // Whatever goes wrong means "not yet".
    (try? await openAI(OpenAITimeouts(models: .seconds(2))).models(of: ModelEndpoint(baseURL: baseURL))) != nil
  }
}
