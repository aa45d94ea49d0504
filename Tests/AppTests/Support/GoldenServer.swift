import Foundation
import HTTPTypes
import JSON
import Pipeline
import PipelineTesting

/// The server on the recorded state: its folders stand where the recording's stood, as far as answers tell.
struct GoldenServer: Sendable {
  private static let recordedHome = "/srv/hermes/golden"
  private static let recordedWorkspace = "/srv/hermes/golden-ws"

  let server: TestServer
  var client: InProcessClient { server.client }

  /// - Parameter fixture: A folder below `fixtures/`; nil for a home that has nothing but the recorded configuration.
  static func open(copying fixture: String? = "golden/state") async throws -> GoldenServer {
    // The recording had one configuration for every profile (notes C).
    let configuration = try Fixtures.path("fixtures/golden/state/config.yaml")
    return GoldenServer(
      server: try await TestServer.open(copying: fixture, flags: ["hermes-config": configuration]) { home in
        let files = FileManager.default
        if fixture == nil {
          try files.createDirectory(atPath: home + "/sessions", withIntermediateDirectories: true)
          try Data("[]".utf8).write(to: URL(fileURLWithPath: home + "/sessions/_index.json"))
          try files.copyItem(atPath: configuration, toPath: home + "/config.yaml")
        } else {
          // Empty folders get lost in an archive (README of the recording).
          try files.createDirectory(atPath: home + "/profiles/ghost", withIntermediateDirectories: true)
        }
      })
  }

  func conversation(on client: any TestClient) async throws -> String { try await server.conversation(on: client) }

  func reach<Result: Sendable>(
    overSocket: Bool, _ body: @Sendable (any TestClient) async throws -> Result
  ) async throws -> Result {
    try await server.reach(overSocket: overSocket, body)
  }

  /// Whether there is a row for a call's path and method.
  func serves(_ call: RecordedCall) -> Bool {
    server.router.routes.contains { route in
      route.matches(call.path) && route.methods.contains { $0.method == call.request.method }
    }
  }

  /// A recorded request with this server's folders.
  func localized(_ request: TestRequest, replacing id: String = "", with other: String = "") -> TestRequest {
    var request = request
    request.target = request.target.replacing(id.isEmpty ? "\u{0}" : id, with: other)
    let body = String(decoding: request.body, as: UTF8.self).replacing(id.isEmpty ? "\u{0}" : id, with: other)
    request.body = Array(body.utf8)
    return request
  }

  /// An answer with the recording's folders.
  func recordedPaths(in text: String) -> String {
    text.replacing(server.home + "/workspace", with: GoldenServer.recordedWorkspace)
      .replacing(server.home, with: GoldenServer.recordedHome)
  }
}

extension Route {
  /// Whether a path leads to this row.
  func matches(_ path: String) -> Bool {
    let pattern = pattern.split(separator: "/", omittingEmptySubsequences: false)
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, name) in pattern.enumerated() {
      if name.hasSuffix("...}") { return parts.count > index }
      guard index < parts.count, name.hasPrefix("{") || name == parts[index] else { return false }
    }
    return parts.count == pattern.count
  }
}
