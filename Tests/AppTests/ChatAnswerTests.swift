import Foundation
import HTTPTypes
import JSON
import PipelineTesting
import Store
import Testing

@Suite("Stopping and answering a turn (wire-sessions-chat 2.4, 3.1, 3.2)", .fewAtOnce)
struct ChatAnswerTests {
  /// A turn that waits for an answer, and a stream on which everything up to that was read.
  private struct Waiting {
    let session: String
    let stream: String
    let events: TestStream
    let request: JSONValue
  }

  private func waiting(
    _ message: String, for event: String, _ server: TestServer, on client: any TestClient
  ) async throws -> Waiting {
    let session = try await server.conversation(on: client)
    let stream = try await server.start(message, in: session, on: client)
    let events = try await client.open(.get("/api/chat/stream?stream_id=\(stream)"))
    let last = try #require(await events.read { $0.name == event }.last)
    try #require(last.name == event)
    return Waiting(
      session: session, stream: stream, events: events, request: try JSONValue(parsing: Array(last.data.utf8)))
  }

  @Test("a cancel keeps what was written, marks it and tells it (2.4, invariant 24)", arguments: [false, true])
  func cancel(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      let turn = try await waiting("tool and approval", for: "approval", server, on: client)
      let answer = try await client.send(.get("/api/chat/cancel?stream_id=\(turn.stream)")).json()
      #expect(answer == ["ok": true, "cancelled": true, "stream_id": .string(turn.stream)])
      let messages = try #require(try server.sidecar(turn.session)["messages"]?.array)
      try #require(messages.map { $0["role"]?.string } == ["user", "assistant", "assistant"])
      #expect(messages[0]["content"] == "tool and approval")
      #expect(messages[1]["_partial"] == true)
      #expect(messages[1]["reasoning"]?.string?.contains("The user wants to see") == true)
      #expect(messages[1]["_partial_tool_calls"]?.array?.first?["name"] == "demo_lookup")
      #expect(messages[2]["_error"] == true)
      #expect(messages[2]["content"]?.string?.hasPrefix("**Task cancelled:** Task cancelled.") == true)
      #expect(messages[2]["provider_details"] == "Task cancelled.")
      #expect(messages[2]["provider_details_label"] == "Cancellation details")
      let end = try #require(await turn.events.read().last)
      #expect(end.name == "cancel")
      let payload = try JSONValue(parsing: Array(end.data.utf8))
      #expect(payload["type"] == "cancelled" && payload["status"] == "cancelled")
      #expect(payload["session"]?["messages"]?.array?.count == 3)
      let again = try await client.send(.get("/api/chat/cancel?stream_id=\(turn.stream)")).json()
      #expect(again["cancelled"] == false, "there is nothing to cancel any more")
      let status = try await client.send(.get("/api/chat/stream/status?stream_id=\(turn.stream)")).json()
      #expect(status["active"] == false && status["journal"]?["terminal_state"] == "interrupted-by-user")
    }
  }

  @Test("the next prompt can be sent as soon as a cancel has answered (2.4)")
  func startAfterCancel() async throws {
    let server = try await TestServer.open()
    let turn = try await waiting("approval", for: "approval", server, on: server.client)
    for _ in 1...20 {
      let stream = try await server.client.send(.get("/api/session/status?session_id=\(turn.session)")).json()
      let active = try #require(stream["active_stream_id"]?.string)
      _ = try await server.client.send(.get("/api/chat/cancel?stream_id=\(active)"))
      _ = try await server.start("approval", in: turn.session, on: server.client)
    }
  }

  @Test("an approval is listed, can be answered once, and lets the turn go on (3.1)", arguments: [false, true])
  func approval(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      let turn = try await waiting("approval", for: "approval", server, on: client)
      let id = try #require(turn.request["approval_id"]?.string)
      #expect(
        turn.request["pattern_keys"] == [turn.request["pattern_key"] ?? .null], "the entry is flat here (trap 10)")
      let pending = try await client.send(.get("/api/approval/pending?session_id=\(turn.session)")).json()
      #expect(pending["pending"]?["approval_id"]?.string == id && pending["pending_count"] == 1)
      let row = try await client.send(.get("/api/sessions")).json()["sessions"]?.array?.first
      #expect(row?["attention"] == ["kind": "approval", "count": 1, "severity": "critical"])

      func respond(_ members: JSONObject) async throws -> TestResponse {
        var body: JSONObject = ["session_id": .string(turn.session)]
        body.merge(members)
        return try await client.send(.post("/api/approval/respond", body))
      }
      let bad = try await respond(["choice": "perhaps"])
      #expect(bad.status == 400 && bad.errorText == "Invalid choice: perhaps")
      let stale = try await respond(["choice": "once", "approval_id": "other"]).json()
      #expect(stale == ["ok": false, "choice": "once"], "the queue is untouched")
      #expect(
        try await respond(["choice": "once", "approval_id": .string(id)]).json() == ["ok": true, "choice": "once"])
      let rest = await turn.events.read()
      #expect(rest.contains { $0.name == "tool_complete" } && rest.last?.name == "stream_end")
      let late = try await respond(["choice": "once", "approval_id": .string(id)]).json()
      #expect(late == ["ok": true, "choice": "once", "stale_cleared": true])
      #expect(try await respond([:]).json() == ["ok": true, "choice": "deny"], "the default is deny, and no failure")
      let none = try await client.send(.get("/api/approval/pending?session_id=\(turn.session)")).json()
      #expect(none == ["pending": nil, "pending_count": 0])
    }
  }

  @Test("without a choice an approval is denied (3.1)")
  func denied() async throws {
    let server = try await TestServer.open()
    let turn = try await waiting("approval", for: "approval", server, on: server.client)
    let body: JSONObject = ["session_id": .string(turn.session)]
    #expect(try await server.client.send(.post("/api/approval/respond", body)).json()["choice"] == "deny")
    let rest = await turn.events.read()
    #expect(!rest.contains { $0.name == "tool" } && rest.last?.name == "stream_end")
  }

  @Test("a question is listed, can be answered once, and lets the turn go on (3.2)", arguments: [false, true])
  func clarify(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      let turn = try await waiting("clarify", for: "clarify", server, on: client)
      let id = try #require(turn.request["clarify_id"]?.string)
      #expect(
        turn.request.object?.keys == [
          "question", "choices_offered", "session_id", "kind", "requested_at", "timeout_seconds", "expires_at",
          "clarify_id",
        ])
      let pending = try await client.send(.get("/api/clarify/pending?session_id=\(turn.session)")).json()
      #expect(pending["pending"]?["clarify_id"]?.string == id && pending["pending_count"] == nil, "no count (trap 10)")

      func respond(_ members: JSONObject) async throws -> TestResponse {
        var body: JSONObject = ["session_id": .string(turn.session)]
        body.merge(members)
        return try await client.send(.post("/api/clarify/respond", body))
      }
      let empty = try await respond(["response": "  "])
      #expect(empty.status == 400 && empty.errorText == "response is required")
      let gone = "Clarification prompt expired or not found. The agent may have already proceeded."
      let stale = try await respond(["answer": "red", "clarify_id": "other"])
      #expect(stale.status == 409 && stale.errorText == gone)
      #expect(try stale.json()["stale"] == true && stale.json()["ok"] == false)
      #expect(try await respond(["choice": " green "]).json() == ["ok": true, "response": "green"])
      let rest = await turn.events.read()
      #expect(rest.last?.name == "stream_end")
      #expect(try server.sidecarText(turn.session).contains("You answered: “green”"))
      #expect(try await respond(["response": "red", "clarify_id": .string(id)]).status == 409)
    }
  }

  @Test("a turn that fails keeps the prompt and says why, in the transcript too (2.2)")
  func failure() async throws {
    let server = try await TestServer.open()
    let id = try await server.conversation(on: server.client)
    let stream = try await server.start("fail", in: id, on: server.client)
    let last = try #require(await server.events(of: stream, on: server.client).last)
    #expect(last.name == "apperror")
    let payload = try JSONValue(parsing: Array(last.data.utf8))
    let messages = try #require(try server.sidecar(id)["messages"]?.array)
    #expect(messages.first?["content"] == "fail" && messages.count { $0["role"] == "user" } == 1)
    #expect(messages.last?["_error"] == true && messages.last?["role"] == "assistant")
    let message = try #require(payload["message"]?.string)
    let content = try #require(messages.last?["content"]?.string)
    let hint = payload["hint"]?.string.map { "\n\n*\($0)*" } ?? ""
    #expect(content.wholeMatch(of: /\*\*[^*]+:\*\* (?:.|\n)*/) != nil && content.hasSuffix(":** \(message)\(hint)"))
  }

  @Test("who opens a conversation hears of its running turn, or that it has missed messages (3.3)")
  func sessionStream() async throws {
    let server = try await TestServer.open()
    let turn = try await waiting("approval", for: "approval", server, on: server.client)
    func opening(_ query: String) async throws -> [TestEvent] {
      let stream = try await server.client.open(.get("/api/session/stream?session_id=\(turn.session)\(query)"))
      stream.close()
      return await stream.read()
    }
    let running = try await opening("&known_count=0")
    #expect(running.map(\.name) == ["initial", "server_turn_started"])
    #expect(running.last?.data.contains(turn.stream) == true && running.allSatisfy { $0.id == nil })
    _ = try await server.client.send(.get("/api/chat/cancel?stream_id=\(turn.stream)"))
    #expect(try await opening("&known_count=1").map(\.name) == ["initial", "session-updated"])
    #expect(try await opening("&known_count=3").map(\.name) == ["initial"])
    #expect(try await opening("").map(\.name) == ["initial"])
  }
}
