import Foundation
import HTTPTypes
import JSON
import PipelineTesting
import Store
import Testing

@Suite("Changing a conversation (wire-sessions-chat 1.5 to 1.10, 1.18)", .fewAtOnce)
struct SessionChangeTests {
  /// A change that is refused, and the exact words.
  struct Refusal: Sendable, CustomStringConvertible {
    let path: String
    let body: JSONObject
    let status: Int
    let text: String
    var description: String { "\(path) \(JSONValue.object(body).text)" }
  }

  static let refusals: [Refusal] = [
    Refusal(path: "rename", body: [:], status: 400, text: "Missing required field(s): session_id, title"),
    Refusal(
      path: "rename", body: ["session_id": "dd84f05261ab", "title": ""], status: 400,
      text: "Missing required field(s): title"),
    Refusal(path: "rename", body: ["session_id": "nope", "title": "x"], status: 404, text: "Session not found"),
    Refusal(path: "rename", body: ["session_id": "../x", "title": "x"], status: 404, text: "Session not found"),
    Refusal(path: "delete", body: [:], status: 400, text: "session_id is required"),
    Refusal(path: "delete", body: ["session_id": "../x"], status: 400, text: "Invalid session_id"),
    Refusal(path: "pin", body: [:], status: 400, text: "session_id is required"),
    Refusal(path: "pin", body: ["session_id": "nope"], status: 404, text: "Session not found"),
    Refusal(path: "archive", body: [:], status: 400, text: "session_id is required"),
    Refusal(path: "archive", body: ["session_id": "nope"], status: 404, text: "Session not found"),
    Refusal(path: "draft", body: [:], status: 400, text: "Missing required field(s): session_id"),
    Refusal(path: "draft", body: ["session_id": "nope", "text": "x"], status: 404, text: "Session not found"),
    Refusal(path: "update", body: [:], status: 400, text: "session_id is required"),
    Refusal(path: "update", body: ["session_id": "nope"], status: 404, text: "Session not found"),
    Refusal(
      path: "update", body: ["session_id": "dd84f05261ab", "workspace": "/etc"], status: 400,
      text: "Path points to a system directory: /etc"),
    Refusal(
      path: "new", body: ["workspace": "/nowhere/at/all"], status: 400, text: "Path does not exist: /nowhere/at/all"),
    Refusal(
      path: "new", body: ["enabled_toolsets": []], status: 400, text: "toolsets must be a non-empty list or null"),
    Refusal(
      path: "new", body: ["enabled_toolsets": [""]], status: 400, text: "each toolset must be a non-empty string"),
  ]

  @Test("a change that cannot be made is refused with the known words, and nothing changes", arguments: refusals)
  func refusal(refusal: Refusal) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let before = try server.files()
    let response = try await server.client.send(.post("/api/session/\(refusal.path)", refusal.body))
    #expect(response.status == refusal.status)
    #expect(response.errorText == refusal.text)
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }

  static let readOnlyRefusals: [Refusal] = [
    Refusal(
      path: "session/rename", body: ["title": "x"], status: 403,
      text: "Read-only imported sessions cannot be renamed from WebUI"),
    Refusal(
      path: "session/update", body: ["model": "x"], status: 403,
      text: "Read-only imported sessions cannot be updated from WebUI"),
    Refusal(
      path: "chat/start", body: ["message": "x"], status: 403,
      text: "Read-only imported sessions cannot be continued from WebUI"),
    Refusal(
      path: "session/archive", body: [:], status: 400, text: "Read-only imported sessions cannot be archived from WebUI"
    ),
    Refusal(
      path: "session/delete", body: [:], status: 400, text: "Read-only imported sessions cannot be deleted from WebUI"),
  ]

  @Test("an imported conversation that may only be read stays as it is", arguments: readOnlyRefusals)
  func readOnly(refusal: Refusal) async throws {
    let server = try await TestServer.open(copying: "golden/state") { home in
      let path = home + "/sessions/46896114f5c6.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("\"read_only\": false", with: "\"read_only\": true")
        .write(toFile: path, atomically: true, encoding: .utf8)
    }
    let before = try server.files()
    var body = refusal.body
    body["session_id"] = "46896114f5c6"
    let response = try await server.client.send(.post("/api/\(refusal.path)", body))
    #expect(response.status == refusal.status)
    #expect(response.errorText == refusal.text)
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }

  @Test("a new conversation can be read at once, is in no list and not on disk (1.5)", arguments: [false, true])
  func new(overSocket: Bool) async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let before = try server.files()
    try await server.reach(overSocket: overSocket) { client in
      let made = try await client.send(.post("/api/session/new", ["model": "m", "model_provider": "p"])).json()
      let id = try #require(made["session"]?["session_id"]?.string)
      #expect(id.wholeMatch(of: /[0-9a-f]{12}/) != nil)
      #expect(made["session"]?["title"] == "Untitled" && made["session"]?["messages"] == [])
      #expect(made["session"]?["model"] == "m" && made["session"]?["model_provider"] == "p")
      let read = try await client.send(.get("/api/session?session_id=\(id)")).json()
      #expect(read["session"]?["session_id"]?.string == id)
      try await Scenario("it is in no list", .get("/api/sessions")).answers(200, lacking: [id]).run(on: client)
    }
    let changed = try server.changes(since: before)
    #expect(changed == [])
  }

  @Test("a title is trimmed and cut to 80 characters; white space is \"Untitled\" (1.6)")
  func titles() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let long = String(repeating: "ü", count: 100)
    for (given, title, isManual) in [
      ("  A title \n", "A title", true), (long, String(long.prefix(80)), true), ("   ", "Untitled", false),
      ("new chat", "new chat", false), ("UNTITLED", "UNTITLED", false),
    ] {
      let body: JSONObject = ["session_id": "46896114f5c6", "title": .string(given)]
      let answer = try await server.client.send(.post("/api/session/rename", body)).json()
      #expect(answer["session"]?["title"]?.string == title)
      #expect(answer["ok"] == nil)
      #expect(try server.sidecar("46896114f5c6")["manual_title"]?.bool == isManual)
    }
    let number = try await server.client.send(
      .post("/api/session/rename", ["session_id": "46896114f5c6", "title": 42])
    ).json()
    #expect(number["session"]?["title"] == "42", "a title is made a text")
  }

  @Test("a rename changes no line of a file but title, manual_title and updated_at (invariant 9)")
  func renameLeavesTheRest() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let names = try FileManager.default.contentsOfDirectory(atPath: server.layout.sessionsDirectory)
    let ids = names.filter { $0.hasSuffix(".json") && !$0.hasPrefix("_") }.map { String($0.dropLast(5)) }
    try #require(ids.count >= 15, "the recorded state has fewer conversations than it had")
    for id in ids {
      let before = try linesOfOthers(id, server)
      let owner = try server.sidecar(id)["profile"]?.string
      let body: JSONObject = ["session_id": .string(id), "title": "Another ✓ title"]
      try await server.client.send(.post("/api/session/rename", body, fields: .profile(owner))).expect(200)
      #expect(try linesOfOthers(id, server) == before, "\(id)")
      #expect(try server.sidecar(id)["manual_title"] == true)
    }
  }

  /// A file without the lines that a rename may change.
  private func linesOfOthers(_ id: String, _ server: TestServer) throws -> [Substring] {
    try server.sidecarText(id).split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      !["title", "manual_title", "updated_at"].contains { line.hasPrefix("  \"\($0)\": ") }
    }
  }

  @Test("pinning has a limit, by default of three (1.9)")
  func pin() async throws {
    let server = try await TestServer.open()
    var ids: [String] = []
    for _ in 0..<4 { ids.append(try await server.conversation(on: server.client)) }
    for id in ids.prefix(3) {
      let answer = try await server.client.send(.post("/api/session/pin", ["session_id": .string(id)])).json()
      #expect(answer["ok"] == true && answer["session"]?["pinned"] == true)
    }
    let last: JSONObject = ["session_id": .string(ids[3])]
    try await Scenario("the fourth is refused", .post("/api/session/pin", last))
      .answers(400, holding: ["Up to 3 sessions can be pinned. Unpin one before pinning another.", "\"limit\": 3"])
      .run(on: server.client)
    let unpin: JSONObject = ["session_id": .string(ids[0]), "pinned": false]
    try await server.client.send(.post("/api/session/pin", unpin)).expect(200)
    try await server.client.send(.post("/api/session/pin", last)).expect(200)
    #expect(try server.sidecar(ids[3])["pinned"] == true)
  }

  @Test("archiving leaves the time of the last change, and takes a row out of the list (1.10)")
  func archive() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let id = "46896114f5c6"
    let updated = try server.sidecar(id)["updated_at"]
    let answer = try await server.client.send(.post("/api/session/archive", ["session_id": .string(id)])).json()
    #expect(answer["ok"] == true && answer["session"]?["archived"] == true)
    #expect(try server.sidecar(id)["updated_at"] == updated)
    try await Scenario("it is gone", .get("/api/sessions")).answers(200, lacking: [id]).run(on: server.client)
    try await Scenario("it is there when asked for", .get("/api/sessions?include_archived=1"))
      .answers(200, holding: [id]).run(on: server.client)
    let back: JSONObject = ["session_id": .string(id), "archived": false]
    try await server.client.send(.post("/api/session/archive", back)).expect(200)
    try await Scenario("it is back", .get("/api/sessions")).answers(200, holding: [id]).run(on: server.client)
  }

  @Test("another model empties the token gauges; \"@provider:model\" names both (1.18)")
  func update() async throws {
    let server = try await TestServer.open(copying: "golden/state")
    let body: JSONObject = ["session_id": "46896114f5c6", "model": "@Custom:other:7b"]
    let answer = try await server.client.send(.post("/api/session/update", body)).json()
    #expect(answer["session"]?["model"] == "7b" && answer["session"]?["model_provider"] == "custom:other")
    #expect(answer["session"]?["messages"]?.array?.isEmpty == false && answer["ok"] == nil)
    let file = try server.sidecar("46896114f5c6")
    #expect(file["threshold_tokens"]?.int == 0 && file["last_prompt_tokens"]?.int == 0)
    let provider: JSONObject = ["session_id": "46896114f5c6", "model": nil, "model_provider": "else"]
    let second = try await server.client.send(.post("/api/session/update", provider)).json()
    #expect(second["session"]?["model"] == "7b" && second["session"]?["model_provider"] == "else")
  }

  @Test("another folder becomes the last one of the profile (1.18)")
  func updateWorkspace() async throws {
    let server = try await TestServer.open()
    let folder = server.home + "/elsewhere"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let id = try await server.conversation(on: server.client)
    let body: JSONObject = ["session_id": .string(id), "workspace": .string(folder)]
    let answer = try await server.client.send(.post("/api/session/update", body)).json()
    #expect(answer["session"]?["workspace"]?.string == folder)
    #expect(try await server.client.send(.get("/api/workspaces")).json()["last"]?.string == folder)
  }
}
