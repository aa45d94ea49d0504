import JSON
import PipelineTesting
import Testing

@testable import App

@Suite("The server as a whole", .fewAtOnce)
struct SmokeTests {
  @Test("a prompt is answered, saved and listed", arguments: [false, true])
  func promptIsAnswered(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    if overSocket {
      try await server.live { try await converse(with: $0, server) }
    } else {
      try await converse(with: server.client, server)
    }
  }

  private func converse(with client: some TestClient, _ server: TestServer) async throws {
    let made = try await client.send(.post("/api/session/new", [:])).json()
    let id = try #require(made["session"]?["session_id"]?.string)
    let started = try await client.send(
      .post("/api/chat/start", ["session_id": .string(id), "message": "hello there"])
    ).json()
    let stream = try #require(started["stream_id"]?.string)
    let events = await (try await client.open(.get("/api/chat/stream?stream_id=\(stream)"))).read()
    #expect(events.first?.name == "context_status")
    #expect(events.last?.name == "stream_end")
    #expect(events.filter { $0.name == "done" }.count == 1)
    #expect(events.compactMap(\.id) == (1...events.count).map { "\(stream):\($0)" })
    let file = try server.sidecar(id)
    #expect(file["messages"]?.array?.first?["content"]?.string == "hello there")
    #expect(file["active_stream_id"]?.isNull == true)
    try await Scenario("the conversation is listed", .get("/api/sessions"))
      .answers(200, holding: [id]).run(on: client)
  }
}
