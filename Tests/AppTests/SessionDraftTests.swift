import Foundation
import HTTPTypes
import JSON
import PipelineTesting
import Store
import Testing

@Suite("Drafts, deletion, status and pages (wire-sessions-chat 1.2, 1.3, 1.8, 1.17)", .fewAtOnce)
struct SessionDraftTests {
  private let id = "46896114f5c6"

  @Test("a draft changes neither updated_at nor the order of the list nor messages (invariant 44)")
  func draftChangesNothingElse() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let order = try await order(server)
    let before = try server.sidecar(id)
    let body: JSONObject = ["session_id": .string(id), "text": "half a thought", "files": [["name": "a.txt"]]]
    let answer = try await server.client.send(.post("/api/session/draft", body)).json()
    #expect(answer["draft"] == ["text": "half a thought", "files": [["name": "a.txt"]]])
    var after = try server.sidecar(id)
    #expect(after["composer_draft"] == answer["draft"])
    after["composer_draft"] = before["composer_draft"]
    #expect(after == before)
    #expect(try await self.order(server) == order)
    #expect(!FileManager.default.fileExists(atPath: server.layout.sessionsDirectory + "/\(id).json.bak"))
  }

  private func order(_ server: TestServer) async throws -> [String?] {
    let list = try await server.client.send(.get("/api/sessions")).json()["sessions"]?.array ?? []
    return list.map { $0["session_id"]?.string }
  }

  @Test("only what is sent changes; the same draft again writes nothing and says so (1.17)")
  func draftMerges() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    func draft(_ members: JSONObject) async throws -> JSONObject {
      var body: JSONObject = ["session_id": .string(id)]
      body.merge(members)
      return try await server.client.send(.post("/api/session/draft", body)).json()
    }
    _ = try await draft(["text": "one", "files": ["a"]])
    #expect(try await draft(["text": "two"])["draft"] == ["text": "two", "files": ["a"]])
    let before = try server.files()
    let again = try await draft(["text": "two"])
    #expect(again["unchanged"] == true && again["ok"] == true)
    let changed = try server.changes(since: before)
    #expect(changed == [])
    #expect(try await draft(["text": 5])["draft"]?["text"] == "", "what is no text becomes empty")
    #expect(try await draft(["files": "x"])["draft"]?["files"] == [], "what is no list becomes empty")
  }

  @Test("a draft holds 50 000 characters and 50 files (1.17, invariant 44)")
  func draftLimits() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let body: JSONObject = [
      "session_id": .string(id), "text": .string(String(repeating: "é", count: 50_001)),
      "files": .array((0..<60).map { .int($0) }),
    ]
    try await server.client.send(.post("/api/session/draft", body)).expect(200)
    let draft = try server.sidecar(id)["composer_draft"]
    #expect(draft?["text"]?.string?.count == 50_000)
    #expect(draft?["files"]?.array?.count == 50)
  }

  @Test("deleting removes file, backup and journals, and leaves a tombstone (1.8, invariant 21)")
  func delete() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let id = "dd84f05261ab"
    let folder = server.layout.sessionsDirectory
    try #require(FileManager.default.fileExists(atPath: folder + "/\(id).json.bak"))
    try #require(FileManager.default.fileExists(atPath: folder + "/_run_journal/\(id)"))
    let answer = try await server.client.send(.post("/api/session/delete", ["session_id": .string(id)])).json()
    #expect(answer["ok"] == true)
    let rest = try server.files().keys.filter { $0.hasPrefix("sessions/") && $0.contains(id) }
    #expect(rest == [])
    let tombstones = try String(contentsOfFile: server.layout.tombstonesFile, encoding: .utf8)
    #expect(tombstones.contains(id))
    // The agent's database still has it.
    try await Scenario("it stays away", .get("/api/session?session_id=\(id)"))
      .answers(404, holding: ["Session not found"]).run(on: server.client)
    try await Scenario("it is in no list", .get("/api/sessions?include_archived=1&all_profiles=1"))
      .answers(200, lacking: ["\"session_id\":\"\(id)\""]).run(on: server.client)
  }

  @Test("deleting what is not there is no failure and does nothing (1.8)")
  func deleteUnknown() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let before = try server.files()
    let answer = try await server.client.send(.post("/api/session/delete", ["session_id": "nothere"])).json()
    #expect(answer["ok"] == true)
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }

  @Test("the status has counters, and their sum (1.3)")
  func status() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let answer = try await server.client.send(.get("/api/session/status?session_id=\(id)")).json()
    let keys = [
      "session_id", "title", "model", "profile", "hermes_home", "workspace", "personality", "message_count",
      "created_at", "updated_at", "agent_running", "active_stream_id", "input_tokens", "output_tokens", "total_tokens",
      "estimated_cost",
    ]
    #expect(answer.keys == keys)
    let sum = (answer["input_tokens"]?.int ?? 0) + (answer["output_tokens"]?.int ?? 0)
    #expect(sum > 0 && answer["total_tokens"]?.int == sum)
    #expect(answer["agent_running"] == false && answer["active_stream_id"]?.isNull == true)
    try await Scenario("without an id", .get("/api/session/status")).answers(400, holding: ["Missing session_id"])
      .run(on: server.client)
    try await Scenario("an unknown id", .get("/api/session/status?session_id=x"))
      .answers(404, holding: ["Session not found"]).run(on: server.client)
  }

  @Test(
    "pages put together backwards are the whole transcript, for every size of page (1.2)", arguments: [1, 2, 3, 7, 500])
  func pages(limit: Int) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let whole = try await session("d5d07b2a18aa", "", server)
    let messages = try #require(whole["messages"]?.array)
    try #require(messages.count > 10)
    var collected: [JSONValue] = []
    var cursor = messages.count
    while cursor > 0 {
      let page = try await session("d5d07b2a18aa", "&msg_limit=\(limit)&msg_before=\(cursor)", server)
      let offset = try #require(page["_messages_offset"]?.int)
      let rows = try #require(page["messages"]?.array)
      try #require(offset + rows.count == cursor && offset < cursor)
      #expect(page["_messages_truncated"]?.bool == (offset > 0))
      #expect(page["message_count"]?.int == messages.count, "the size of the full transcript (trap 18)")
      #expect(rows.count { $0["role"]?.string != "tool" } <= limit)
      collected = rows + collected
      cursor = offset
    }
    #expect(collected == messages)
  }

  @Test("a limit that is no number is none; one out of bounds is clamped to 1...500 (1.2)")
  func pageLimits() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let messages = try #require(try await session("d5d07b2a18aa", "", server)["messages"]?.array)
    let count = messages.count { $0["role"]?.string != "tool" }
    for (query, expected) in [("x", count), ("", count), ("0", 1), ("-3", 1), ("100000", count)] {
      let page = try await session("d5d07b2a18aa", "&msg_limit=\(query)", server)
      let rows = page["messages"]?.array?.filter { $0["role"]?.string != "tool" } ?? []
      #expect(rows.count == expected, "msg_limit=\(query)")
    }
    let none = try await session("d5d07b2a18aa", "&messages=0", server)
    #expect(none["messages"] == [] && none["tool_calls"] == [])
    #expect(try await session("d5d07b2a18aa", "&messages=false", server)["messages"]?.array == messages)
  }

  private func session(_ id: String, _ query: String, _ server: TestServer) async throws -> JSONValue {
    let answer = try await server.client.send(.get("/api/session?session_id=\(id)\(query)")).json()
    return try #require(answer["session"])
  }

  @Test("reading changes no byte (invariant 41)")
  func readingChangesNothing() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let before = try server.files()
    for path in [
      "/api/sessions", "/api/sessions?all_profiles=1&include_archived=1", "/api/session?session_id=\(id)",
      "/api/session?session_id=20261121_080100_def456", "/api/session/status?session_id=\(id)", "/api/projects",
      "/api/profiles", "/api/profile/active", "/api/settings", "/api/models", "/api/workspaces", "/health",
      "/api/chat/stream/status?stream_id=796d292b71634af2a644c48e7f55fa86",
    ] {
      for cookie in ["default", "work"] {
        _ = try await server.client.send(.get(path, fields: .profile(cookie)))
        let changed = try server.changes(since: before)
        #expect(changed == [], "\(path) of \(cookie)")
      }
    }
  }
}
