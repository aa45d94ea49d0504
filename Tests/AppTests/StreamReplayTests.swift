import Foundation
import HTTPTypes
import JSON
import Pipeline
import PipelineTesting
import Store
import Testing

@Suite("Following a turn (wire-sessions-chat 2.2, invariants 32 and 34)", .fewAtOnce)
struct StreamReplayTests {
  /// The ways to say where a client left.
  static let cursors: [@Sendable (String, Int) -> TestRequest] = [
    { stream, sequence in .get("/api/chat/stream?stream_id=\(stream)&replay=1&after_seq=\(sequence)") },
    { stream, sequence in .get("/api/chat/stream?stream_id=\(stream)&after_event_id=\(stream):\(sequence)") },
    { stream, sequence in
      .get("/api/chat/stream?stream_id=\(stream)", fields: [.lastEventID: "\(stream):\(sequence)"])
    },
    // The event's id beats the number.
    { stream, sequence in
      .get("/api/chat/stream?stream_id=\(stream)&replay=1&after_seq=1&after_event_id=\(stream):\(sequence)")
    },
  ]

  private struct Line: Equatable, CustomStringConvertible {
    let id: String?
    let name: String
    let payload: JSONValue

    var description: String { "\(id ?? "-") \(name)" }

    init(_ event: TestEvent) throws {
      id = event.id
      name = event.name
      payload = try JSONValue(parsing: Array(event.data.utf8), limits: .files)
    }

    init(_ journaled: JSONValue) throws {
      id = journaled["event_id"]?.string
      name = journaled["event"]?.string ?? ""
      // The stream spells what the journal spells, but for the spaces.
      payload = try JSONValue(parsing: (journaled["payload"] ?? .null).bytes(.spaced), limits: .files)
    }
  }

  private func journal(_ session: String, _ stream: String, _ server: TestServer) throws -> [JSONValue] {
    let path = server.layout.sessionsDirectory + "/_run_journal/\(session)/\(stream).jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8), limits: .files) }
  }

  private func lines(of request: TestRequest, on client: any TestClient) async throws -> [Line] {
    let events = await (try await client.open(request)).read(atMost: 60)
    return try events.filter { $0.comment == nil }.map { try Line($0) }
  }

  @Test(
    "what is told is what is journaled, numbered from 1 without gaps",
    arguments: ["hello", "tool", "long", "fail", "tool tool clarify nothing"])
  func streamIsJournal(prompt: String) async throws {
    let server = try await TestServer.open()
    let session = try await server.conversation(on: server.client)
    let stream = try await server.start(prompt, in: session, on: server.client)
    let opened = try await server.client.open(.get("/api/chat/stream?stream_id=\(stream)"))
    var events = await opened.read(atMost: 60) { $0.name == "clarify" }
    if events.last?.name == "clarify" {
      let body: JSONObject = ["session_id": .string(session), "response": "blue"]
      try await server.client.send(.post("/api/clarify/respond", body)).expect(200)
      events += await opened.read()
    }
    let told = try events.filter { $0.comment == nil }.map { try Line($0) }
    #expect(told == (try journal(session, stream, server).map { try Line($0) }))
    #expect(told.map(\.id) == (1...told.count).map { "\(stream):\($0)" })
    #expect(told.first?.name == "context_status")
    #expect(["stream_end", "apperror"].contains(told.last?.name))
    let later = try await server.events(of: stream, on: server.client).map { try Line($0) }
    #expect(later == told)
  }

  @Test(
    "who comes back to a running turn at any place misses nothing and gets nothing twice", arguments: [false, true])
  func resumeLive(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      let session = try await server.conversation(on: client)
      let stream = try await server.start("approval", in: session, on: client)
      let watcher = try await client.open(.get("/api/chat/stream?stream_id=\(stream)"))
      var events = await watcher.read { $0.name == "approval" }.filter { $0.comment == nil }
      try #require(events.last?.name == "approval")
      var followers: [(Int, TestStream)] = []
      for cursor in 0...events.count {
        for request in StreamReplayTests.cursors {
          followers.append((cursor, try await client.open(request(stream, cursor))))
        }
      }
      // Beyond the end means from the start.
      followers.append((0, try await client.open(StreamReplayTests.cursors[0](stream, events.count + 1))))
      try await client.send(.post("/api/approval/respond", ["session_id": .string(session), "choice": "once"]))
        .expect(200)
      events += await watcher.read().filter { $0.comment == nil }
      #expect(events.last?.name == "stream_end")
      for (cursor, follower) in followers {
        let seen = await follower.read().filter { $0.comment == nil }
        #expect(seen == Array(events.dropFirst(cursor)), "after \(cursor)")
      }
    }
  }

  @Test(
    "who comes back to a turn that is over at any place misses nothing and gets nothing twice",
    arguments: ["fail", "hello"])
  func resumeOver(prompt: String) async throws {
    let server = try await TestServer.open()
    let session = try await server.conversation(on: server.client)
    let stream = try await server.start(prompt, in: session, on: server.client)
    let events = try await server.events(of: stream, on: server.client).map { try Line($0) }
    try #require(["stream_end", "apperror"].contains(events.last?.name))
    let reopened = try await server.reopened()
    let cursors = StreamReplayTests.cursors
    for cursor in 0...events.count {
      // Every place; the ways to name it in turn, because each reads the whole journal.
      for (turn, client) in [server.client, reopened.client].enumerated() {
        let request = cursors[(cursor + turn) % cursors.count](stream, cursor)
        let seen = try await lines(of: request, on: client)
        try #require(seen == Array(events.dropFirst(cursor)), "after \(cursor)")
      }
    }
  }

  @Test(
    "a cursor that cannot be honoured means from the start, never skip",
    arguments: [
      "&after_seq=x", "&after_seq=-1", "&after_seq=99999", "&after_seq=1.5", "&after_event_id=garbage",
      "&after_event_id=0123456789abcdef0123456789abcdef:3", "&after_event_id=SELF:x", "&after_event_id=SELF:99999",
      "&after_event_id=SELF:3:4", "&replay=1", "&after_seq=99999999999999999999",
    ])
  func badCursors(query: String) async throws {
    let server = try await TestServer.open()
    let session = try await server.conversation(on: server.client)
    let stream = try await server.start("hello", in: session, on: server.client)
    let events = try await server.events(of: stream, on: server.client)
    let target = "/api/chat/stream?stream_id=\(stream)" + query.replacing("SELF", with: stream)
    // The query counts by being there, also when it cannot be read.
    let request = TestRequest.get(target, fields: [.lastEventID: "\(stream):5"])
    let seen = try await lines(of: request, on: server.client)
    #expect(try seen == events.map { try Line($0) })
  }

  @Test(
    "a header that is no cursor of this stream means from the start", arguments: ["", "x", "3", "other:3", "SELF:-1"])
  func badHeaders(header: String) async throws {
    let server = try await TestServer.open()
    let session = try await server.conversation(on: server.client)
    let stream = try await server.start("hello", in: session, on: server.client)
    let events = try await server.events(of: stream, on: server.client)
    let fields: HTTPFields = [.lastEventID: header.replacing("SELF", with: stream)]
    let request = TestRequest.get("/api/chat/stream?stream_id=\(stream)", fields: fields)
    let seen = try await lines(of: request, on: server.client)
    #expect(try seen == events.map { try Line($0) })
  }

  @Test(
    "every recorded run is replayed as journaled; one without an end gets one", arguments: ["state", "state-crashed"])
  func recordedRuns(fixture: String) async throws {
    let server = try await TestServer.open(copying: "golden/" + fixture)
    let folder = server.layout.sessionsDirectory + "/_run_journal"
    var broken: [String] = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".jsonl") {
      let parts = name.dropLast(6).split(separator: "/").map(String.init)
      let (session, stream) = (parts[0], parts[1])
      guard FileManager.default.fileExists(atPath: server.layout.sessionsDirectory + "/\(session).json") else {
        continue
      }
      let owner = try server.sidecar(session)["profile"]?.string
      let lines = try journal(session, stream, server)
      let endings = ["stream_end", "cancel", "apperror", "error"]
      let end = lines.firstIndex { endings.contains($0["event"]?.string ?? "") }
      let expected = try lines[...(end ?? lines.count - 1)].map { try Line($0) }
      let opened = try await server.client.open(
        .get("/api/chat/stream?stream_id=\(stream)", fields: .profile(owner)))
      let told = await opened.read()
      var seen = try told.map { try Line($0) }
      if !lines.contains(where: { $0["terminal"]?.bool == true }) {
        broken.append(stream)
        let last = try #require(seen.last)
        seen.removeLast()
        #expect(last.name == "apperror" && last.id == "\(stream):\(lines.count + 1)")
        #expect(last.payload["type"] == "interrupted" && last.payload["recovery_control"] == true)
        #expect(last.payload["journal_last_seq"]?.int == lines.count)
        #expect(last.payload["session_id"]?.string == session && last.payload["stream_id"]?.string == stream)
      }
      #expect(seen == expected, "\(name)")
    }
    if fixture == "state-crashed" { #expect(broken == ["9c7755a7c1aa4f3eb9188065b808b34a"]) }
  }

  @Test("a stream that nobody knows is a 404 (2.2); its status is never one (2.3)", arguments: [false, true])
  func unknown(overSocket: Bool) async throws {
    let server = try await TestServer.open()
    try await server.reach(overSocket: overSocket) { client in
      for query in ["", "?stream_id=", "?stream_id=x", "?stream_id=57eea357eea357eea357eea357eea357"] {
        try await Scenario("unknown", .get("/api/chat/stream\(query)")).answers(404, holding: ["stream not found"])
          .run(on: client)
        let status = try await client.send(.get("/api/chat/stream/status\(query)"))
        #expect(status.status == 200)
        #expect(try status.json()["active"] == false && status.json()["replay_available"] == false)
      }
    }
  }
}
