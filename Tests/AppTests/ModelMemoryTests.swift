import Foundation
import JSON
import PipelineTesting
import Store
import Testing

@testable import App

@Suite("What the model remembers", FewAtOnce())
struct ModelMemoryTests {
  private let id = "aaaaaaaaaaaa"

  private func open(_ members: JSONObject) async throws -> TestServer {
    var file: JSONObject = [
      "session_id": .string(id), "title": "Old", "created_at": 1.0, "updated_at": 2.0,
      "messages": [["role": "user", "content": "one"], ["role": "assistant", "content": "two"]],
    ]
    file.merge(members)
    let bytes = file.bytes(.indented)
    return try await TestServer.open { home in
      try FileManager.default.createDirectory(atPath: home + "/webui/sessions", withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: home + "/webui/sessions/\(id).json"))
    }
  }

  private func turn(_ prompt: String, _ server: TestServer) async throws {
    let started = try await server.client.send(
      .post("/api/chat/start", ["session_id": .string(id), "message": .string(prompt)])
    ).json()
    let stream = try #require(started["stream_id"]?.string)
    _ = await (try await server.client.open(.get("/api/chat/stream?stream_id=\(stream)"))).read()
  }

  @Test("a conversation whose model sees another transcript tells it of turns that failed too (domain 1.3, 4.4)")
  func failedTurnIsRemembered() async throws {
    let server = try await open(["context_messages": [["role": "user", "content": "summary"]]])
    try await turn("please fail", server)
    let context = try #require(try server.sidecar(id)["context_messages"]?.array)
    let told = context.compactMap { $0["content"]?.string }
    #expect(told.contains("please fail"))
    #expect(!context.contains { $0["_error"]?.bool == true })
  }

  @Test("counters that are as large as they can be do not end the server")
  func hugeCounters() async throws {
    let server = try await open(["input_tokens": .int(.max), "output_tokens": 1, "cache_read_tokens": .int(.max)])
    try await turn("hello", server)
    try await Scenario("status", .get("/api/session/status?session_id=\(id)"))
      .answers(200, holding: ["9223372036854775807"]).run(on: server.client)
  }

  @Test("a turn whose conversation was taken away says so and is not called done (invariant 26)")
  func notOurs() async throws {
    let server = try await open([:])
    let started = try await server.client.send(
      .post("/api/chat/start", ["session_id": .string(id), "message": "approval please"])
    ).json()
    let stream = try #require(started["stream_id"]?.string)
    let feed = try await server.client.open(.get("/api/chat/stream?stream_id=\(stream)"))
    _ = await feed.read { $0.name == "approval" }
    var file = try server.sidecar(id)
    file["active_stream_id"] = .null
    file["pending_user_message"] = .null
    try Data(file.bytes(.indented)).write(
      to: URL(fileURLWithPath: server.layout.sessionsDirectory + "/\(id).json"), options: .atomic)
    _ = try await server.client.send(.post("/api/approval/respond", ["session_id": .string(id), "choice": "deny"]))
    let events = await feed.read()
    #expect(events.last?.name == "apperror")
    #expect(!events.contains { $0.name == "done" })
  }
}
