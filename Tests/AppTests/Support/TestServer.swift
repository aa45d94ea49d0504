import Foundation
import JSON
import Logging
import Pipeline
import PipelineTesting
import Store

@testable import App

/// The whole server over a state directory of its own, in process and, when asked, over a socket.
final class TestServer: Sendable {
  let home: String
  let parts: Parts
  let router: Router

  var client: InProcessClient { InProcessClient(router) }
  var layout: StateLayout { parts.configuration.layout }

  private init(home: String, parts: Parts, router: Router) {
    self.home = home
    self.parts = parts
    self.router = router
  }

  deinit {
    // The folder is in the system's folder of temporary files; what cannot be removed there does no harm.
    try? FileManager.default.removeItem(atPath: home)
  }

  /// - Parameters:
  ///   - fixture: A folder below `fixtures/` whose copy is opened; nil for an empty one.
  ///   - flags: As on the command line; the demo answers at once unless they say otherwise.
  ///   - prepare: Puts files into the home before the server opens it.
  static func open(
    copying fixture: String? = nil, flags: [String: String] = [:], prepare: (String) throws -> Void = { _ in }
  ) async throws -> TestServer {
    let home = try Fixtures.temporaryFolder()
    if let fixture { try Fixtures.copy(fixture, to: home) }
    try FileManager.default.createDirectory(atPath: home + "/workspace", withIntermediateDirectories: true)
    try prepare(home)
    var flags = flags
    flags["hermes-home"] = home
    flags["agent"] = flags["agent"] ?? "demo"
    flags["demo-pace"] = flags["demo-pace"] ?? "0"
    flags["default-workspace"] = home + "/workspace"
    let configuration = try Configuration(flags: flags, environment: ["HOME": home])
    var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .critical
    let parts = try await Parts(configuration, logger: logger)
    let router = try parts.router()
    try await parts.open()
    return TestServer(home: home, parts: parts, router: router)
  }

  /// Runs `body` with a client that speaks to the same server over a socket.
  func live<Result: Sendable>(_ body: (LiveClient) async throws -> Result) async throws -> Result {
    let server = try Server(
      router: router, configuration: ServerConfiguration(port: 0),
      logger: Logger(label: "test") { _ in
        SwiftLogNoOpLogHandler()
      })
    try server.start()
    defer { server.stop(within: .seconds(2)) }
    return try await body(LiveClient(port: server.port))
  }

  /// The file of a conversation, parsed.
  func sidecar(_ id: String) throws -> JSONObject {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: layout.sessionsDirectory + "/\(id).json")))
    guard case .object(let object) = try JSONValue(parsing: bytes, limits: .files) else {
      throw FixtureError("\(id).json is no object")
    }
    return object
  }
}
