import Foundation
import HTTPTypes
import JSON
import PipelineTesting
import Store
import Testing

@Suite("Starting a turn (wire-sessions-chat 2.1)", .fewAtOnce)
struct ChatStartTests {
  /// A start that satisfies every check up to one; the first that is not satisfied answers.
  struct Check: Sendable, CustomStringConvertible {
    let number: Int
    let body: JSONObject
    let status: Int
    let text: String
    var description: String { "check \(number): \(JSONValue.object(body).text)" }
  }

  static let checks = [
    Check(number: 1, body: ["message": "[SILENT]"], status: 400, text: "Missing required field(s): session_id"),
    Check(
      number: 1, body: ["session_id": "", "profile": "No"], status: 400, text: "Missing required field(s): session_id"),
    Check(
      number: 2, body: ["session_id": "nope", "message": " [SILENT] "], status: 200,
      text: "\"reason\": \"silent_control_message\""),
    Check(
      number: 5, body: ["session_id": "nope", "message": "", "profile": "No Name"], status: 404,
      text: "Session not found"),
    Check(
      number: 7, body: ["session_id": "271f3f269e0e", "message": "", "profile": "No Name"], status: 403,
      text: "Read-only imported sessions cannot be continued from WebUI"),
    Check(
      number: 8, body: ["session_id": "46896114f5c6", "message": "", "profile": "No Name"], status: 400,
      text: "invalid profile"),
    Check(
      number: 9, body: ["session_id": "5bd0eac6a1fd", "message": "", "workspace": "/nowhere"], status: 404,
      text: "Session not found"),
    Check(
      number: 12, body: ["session_id": "46896114f5c6", "message": " \n ", "workspace": "/nowhere"], status: 400,
      text: "message is required"),
    Check(
      number: 14, body: ["session_id": "46896114f5c6", "message": "x", "workspace": "/nowhere"], status: 400,
      text: "Path does not exist: /nowhere"),
  ]

  @Test("the checks come in their order, and a refused start changes nothing", arguments: checks)
  func order(check: Check) async throws {
    let server = try await TestServer.open(copying: "golden/state") { home in
      let path = home + "/sessions/271f3f269e0e.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("\"read_only\": false", with: "\"read_only\": true")
        .write(toFile: path, atomically: true, encoding: .utf8)
    }
    let before = try server.files()
    try await Scenario(check.description, .post("/api/chat/start", check.body))
      .answers(check.status, holding: [check.text]).run(on: server.client)
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }

  @Test("a started turn stands on disk before the answer: id, prompt and time (invariant 23)")
  func pendingIsOnDisk() async throws {
    let server = try await TestServer.open()
    let id = try await server.conversation(on: server.client)
    let body: JSONObject = [
      "session_id": .string(id), "message": "  approval please\nsecond line ",
      "attachments": [["name": "a.txt", "path": "/tmp/a.txt", "mime": "text/plain"]],
    ]
    let answer = try await server.client.send(.post("/api/chat/start", body)).json()
    let stream = try #require(answer["stream_id"]?.string)
    #expect(stream.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    #expect(answer["turn_id"]?.string?.wholeMatch(of: /\d{8}T\d{6}Z-[0-9a-f]{12}/) != nil)
    #expect(answer["title"] == "approval please")
    let file = try server.sidecar(id)
    #expect(file["active_stream_id"]?.string == stream)
    #expect(file["pending_user_message"] == "approval please\nsecond line")
    #expect(file["pending_started_at"] == answer["pending_started_at"])
    #expect(file["pending_attachments"]?.array?.first?["name"] == "a.txt")
    #expect(file["messages"] == [])
    let list = try await server.client.send(.get("/api/sessions")).json()
    let row = try #require(list["sessions"]?.array?.first)
    #expect(row["is_streaming"] == true && row["active_stream_id"]?.string == stream)
    #expect(row["message_count"] == 1, "at least one while a prompt is pending (1.0)")
    _ = try await server.client.send(.get("/api/chat/cancel?stream_id=\(stream)"))
    let after = try server.sidecar(id)
    for key in ["active_stream_id", "pending_user_message", "pending_started_at"] {
      #expect(after[key]?.isNull == true, "\(key) (invariant 23)")
    }
    #expect(after["pending_attachments"] == [])
    #expect(after["messages"]?.array?.first?["attachments"] == ["a.txt"])
  }

  @Test("of two starts at once exactly one is a 200, the other a 409 with the winner's stream (invariant 22)")
  func parallelStarts() async throws {
    let server = try await TestServer.open()
    let client = server.client
    for round in 1...50 {
      let id = try await server.conversation(on: client)
      let body: JSONObject = ["session_id": .string(id), "message": "approval please"]
      async let one = client.send(.post("/api/chat/start", body))
      async let two = client.send(.post("/api/chat/start", body))
      let answers = try await [one, two].sorted { $0.status < $1.status }
      try #require(answers.map(\.status) == [200, 409], "round \(round): \(answers[1].text)")
      let winner = try #require(try answers[0].json()["stream_id"]?.string)
      #expect(answers[1].errorText == "session already has an active stream")
      #expect(try answers[1].json()["active_stream_id"]?.string == winner)
      #expect(try server.sidecar(id)["active_stream_id"]?.string == winner)
      _ = try await client.send(.get("/api/chat/cancel?stream_id=\(winner)"))
      let users = try server.sidecar(id)["messages"]?.array?.filter { $0["role"] == "user" }
      try #require(users?.count == 1, "a prompt stands exactly once (invariant 24)")
    }
  }

  @Test("a title is made of the first line of the first prompt, and never of a later one (2.1)")
  func title() async throws {
    let server = try await TestServer.open()
    let id = try await server.conversation(on: server.client)
    try await server.client.send(.post("/api/session/rename", ["session_id": .string(id), "title": "Mine"])).expect(200)
    let stream = try await server.start("hello there", in: id, on: server.client)
    _ = try await server.events(of: stream, on: server.client)
    #expect(try server.sidecar(id)["title"] == "Mine")
  }

  @Test("a model and a provider that come with the prompt become the conversation's (2.1)")
  func model() async throws {
    let server = try await TestServer.open()
    let id = try await server.conversation(on: server.client)
    let body: JSONObject = [
      "session_id": .string(id), "message": "hello", "model": "another", "model_provider": "elsewhere",
    ]
    let answer = try await server.client.send(.post("/api/chat/start", body)).json()
    #expect(answer["effective_model_provider"] == "elsewhere")
    _ = try await server.events(of: try #require(answer["stream_id"]?.string), on: server.client)
    let file = try server.sidecar(id)
    #expect(file["model"] == "another" && file["model_provider"] == "elsewhere")
  }
}
