import Foundation
import JSON
import PipelineTesting
import Store
import Testing

@Suite("What a crash left (wire-sessions-chat 1.2 and 2.2, domain 3.8 and 3.9, invariants 24, 25, 28)", .fewAtOnce)
struct RecoveryTests {
  private static let session = "58a3ba4ed9af"
  private static let stream = "9c7755a7c1aa4f3eb9188065b808b34a"
  private static let prompt = "SLOW will be killed"

  /// The recorded crash; the turn began so many seconds ago, or when it was recorded.
  private func crashed(secondsAgo: Double? = nil) async throws -> TestServer {
    try await TestServer.open(copying: "golden/state-crashed") { home in
      guard let secondsAgo else { return }
      let path = home + "/sessions/\(RecoveryTests.session).json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let lines = text.split(separator: "\n")
      let line = try #require(lines.first { $0.hasPrefix("  \"pending_started_at\": ") })
      let began = Date().timeIntervalSince1970 - secondsAgo
      try text.replacing(line, with: "  \"pending_started_at\": \(began),")
        .write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  private func messages(_ server: TestServer) throws -> [JSONValue] {
    try #require(try server.sidecar(RecoveryTests.session)["messages"]?.array)
  }

  private func markers(_ messages: [JSONValue]) -> Int { messages.count { $0["_error"] == true } }

  @Test("no answer ever names the dead stream (invariant 28)", arguments: [false, true])
  func deadStreamIsNeverServed(overSocket: Bool) async throws {
    let server = try await crashed()
    try await server.reach(overSocket: overSocket) { client in
      let id = RecoveryTests.session
      for path in [
        "/api/session?session_id=\(id)", "/api/session?session_id=\(id)&messages=0",
        "/api/session?session_id=\(id)&msg_limit=3", "/api/session/status?session_id=\(id)", "/api/sessions",
        "/api/sessions?all_profiles=1&include_archived=1", "/health", "/api/session/draft?session_id=\(id)",
      ] {
        let response = try await client.send(.get(path))
        try response.expect(200)
        // In the message that keeps the text of the run, its stream is history.
        let text = response.text.replacing("\"_recovered_stream_id\": \"\(RecoveryTests.stream)\"", with: "")
        #expect(!text.contains(RecoveryTests.stream), "\(path)")
        #expect(!text.contains("\"is_streaming\": true"), "\(path)")
      }
      let answer = try await client.send(.get("/api/session?session_id=\(id)")).json()
      #expect(answer["session"]?["pending_user_message"]?.isNull == true)
      #expect(answer["session"]?["composer_draft"]?["text"] == "half written draft", "the draft is kept")
      let status = try await client.send(.get("/api/chat/stream/status?stream_id=\(RecoveryTests.stream)")).json()
      #expect(status["active"] == false)
    }
  }

  @Test(
    "the prompt stands exactly once, its text is kept as a partial answer, and one marker ends it (invariants 24, 25)")
  func promptAndText() async throws {
    let server = try await crashed()
    let messages = try messages(server)
    let prompts = messages.filter { $0["role"] == "user" && $0["content"]?.string == RecoveryTests.prompt }
    #expect(prompts.count == 1)
    #expect(prompts.first?["timestamp"]?.double == 1795251090.5053537)
    #expect(prompts.first?["attachments"] == ["a.txt"], "attachments with it")
    let partial = try #require(messages.first { $0["_partial"] == true })
    #expect(partial["content"]?.string?.hasSuffix("w10 ") == true)
    #expect(markers(messages) == 1 && messages.last?["_error"] == true)
    try #require(messages.count == 9)
    let file = try server.sidecar(RecoveryTests.session)
    for key in ["active_stream_id", "pending_user_message", "pending_started_at"] {
      #expect(file[key]?.isNull == true, "\(key) (invariant 23)")
    }
    #expect(file["pending_attachments"] == [])
  }

  @Test("opening again, and reading, changes no byte", arguments: [nil, 5.0, 31.0])
  func secondOpen(secondsAgo: Double?) async throws {
    let first = try await crashed(secondsAgo: secondsAgo)
    let second = try await first.reopened()
    let before = try first.files()
    let changed = try second.changes(since: before)
    #expect(changed == [])
    _ = try await second.client.send(.get("/api/session?session_id=\(RecoveryTests.session)"))
    let changedByReading = try second.changes(since: before)
    #expect(changedByReading == [])
  }

  @Test("a turn younger than 30 seconds gets no marker at once, an older one exactly one (invariant 25)")
  func grace() async throws {
    for (secondsAgo, count) in [(5.0, 0), (25, 0), (31, 1), (3600, 1)] {
      let messages = try messages(try await crashed(secondsAgo: secondsAgo))
      #expect(markers(messages) == count, "after \(secondsAgo) seconds")
      #expect(messages.count { $0["content"]?.string == RecoveryTests.prompt } == 1)
      #expect(messages.contains { $0["_partial"] == true })
    }
  }

  @Test("the next prompt can be sent at once, and leaves the old one where it is", arguments: [nil, 5.0])
  func goesOn(secondsAgo: Double?) async throws {
    let server = try await crashed(secondsAgo: secondsAgo)
    let stream = try await server.start("hello again", in: RecoveryTests.session, on: server.client)
    #expect(try await server.events(of: stream, on: server.client).last?.name == "stream_end")
    let messages = try messages(server)
    #expect(messages.count { $0["content"]?.string == RecoveryTests.prompt } == 1)
    #expect(messages.count { $0["content"] == "hello again" } == 1)
    #expect(messages.last?["role"] == "assistant" && messages.last?["_error"] == nil)
  }

  @Test("of the recorded conversations only the crashed one is changed by the start (invariant 41)")
  func othersAreLeftAlone() async throws {
    let server = try await crashed()
    let original = try Fixtures.path("fixtures/golden/state-crashed/sessions")
    let folder = server.layout.sessionsDirectory
    for name in try FileManager.default.contentsOfDirectory(atPath: original)
    where name.hasSuffix(".json") && !name.hasPrefix("_") && name != "\(RecoveryTests.session).json" {
      #expect(
        FileManager.default.contentsEqual(atPath: original + "/" + name, andPath: folder + "/" + name), "\(name)")
    }
  }
}
